// A question to a person, answered in place.

import { useState } from "react";
import { useSession } from "../../account/session";
import type { Schema } from "../../api/client";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { duration } from "../../ui/figures";
import { Notice, Refused } from "../../ui/Notice";
import { words } from "../../words";
import { useDecide } from "../actions";
import { useRunPage } from "../context";
import type { StepNode } from "../graph/drawing";
import { useNow } from "../now";
import { Output } from "../text/Output";
import { usePassed } from "./Asked";
import { useStepDetail } from "./stepDetail";

export function Decide({ node, prompt }: { node: StepNode; prompt: string | null }) {
  const { run } = useRunPage();
  const detail = useStepDetail(node.step, "waiting");
  const decide = useDecide(node.step);
  const [comment, setComment] = useComment(`${run}/${node.step}`);
  const approval = detail.data?.approval ?? null;
  const why = useWhyNot(approval?.approvers ?? null);
  const send = (decision: "approve" | "reject") => decide.mutate({ decision, comment: comment.trim() || null }, { onSuccess: () => setComment("") });
  const isOff = why !== null || decide.isPending;
  return (
    <Notice tone="wait" title={`${node.label} ${words.run.asks}`}>
      <div className="stack">
        <p dir="auto">{prompt ?? words.run.asksPerson}</p>
        {detail.data?.inputs.received.map(({ step, node: from }) => <DecidedOn key={step} step={step} node={from} />)}
        <Until approval={approval} />
        <Field label={words.run.comment} lines={2} value={comment} onChange={setComment} isDisabled={why !== null} maxLength={10_000} />
        <div className="row">
          <Button look="main" isDisabled={isOff} onPress={() => send("approve")}>{words.run.approve}</Button>
          <Button isDisabled={isOff} onPress={() => send("reject")}>{words.run.reject}</Button>
        </div>
        {why && <p className="quiet small">{why}</p>}
        <Refused error={decide.error ?? detail.error} />
      </div>
    </Notice>
  );
}

// What came to the question: nobody decides on what they do not see.
function DecidedOn({ step, node }: { step: number; node: string }) {
  const { run, steps } = useRunPage();
  const title = `${words.run.from} ${steps[step]?.label ?? node}`;
  return (
    <div className="run-decided-on" tabIndex={0} role="group" aria-label={title}>
      <Output title={title} text={usePassed(step)} name={`${run}-${node}`} />
    </div>
  );
}

function Until({ approval }: { approval: Schema<"ApprovalShape"> | null }) {
  const until = approval?.expires_at ? Date.parse(approval.expires_at) : null;
  const now = useNow(until !== null);
  if (!approval) return null;
  return (
    <p className="quiet small">
      {words.run.mayDecide} {approval.approvers?.join(", ") ?? words.run.everyMember}
      {until !== null && ` · ${until > now ? `${words.run.until} ${duration(until - now)}` : words.run.untilOver}`}
    </p>
  );
}

// The api decides; this is said before anything is pressed.
function useWhyNot(approvers: readonly string[] | null): string | null {
  const { me, may } = useSession();
  if (!may("member")) return words.run.mayNotDecide;
  if (!approvers) return null;
  const names = new Set([me.user?.email.toLowerCase(), me.user?.id, "member", may("admin") ? "admin" : undefined]);
  return approvers.some((each) => names.has(each) || names.has(each.toLowerCase())) ? null : words.run.notApprover;
}

// What is typed stays over a reload, until it is sent.
function useComment(key: string): [string, (text: string) => void] {
  const place = `penstock comment ${key}`;
  const [text, setText] = useState(() => sessionStorage.getItem(place) ?? "");
  return [text, (next) => {
    setText(next);
    if (next) sessionStorage.setItem(place, next);
    else sessionStorage.removeItem(place);
  }];
}
