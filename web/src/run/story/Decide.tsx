// A question to a person, answered in place.

import { useSession } from "../../account/session";
import { isApprover, useDecision } from "../../approvals/decision";
import type { Schema } from "../../api/client";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { duration } from "../../ui/figures";
import { Notice, Refused } from "../../ui/Notice";
import { useNow } from "../../ui/now";
import { words } from "../../words";
import { focusStory } from "../actions";
import { useRunPage } from "../context";
import type { StepNode } from "../graph/drawing";
import { Output } from "../text/Output";
import { usePassed } from "./Asked";
import { useStepDetail } from "./stepDetail";

export function Decide({ node, prompt }: { node: StepNode; prompt: string | null }) {
  const { run, workspace } = useRunPage();
  const detail = useStepDetail(node.step, "waiting");
  const { comment, setComment, decide } = useDecision({ workspace, run, step: node.step }, focusStory);
  const approval = detail.data?.approval ?? null;
  const why = useWhyNot(approval?.approvers ?? null);
  const isOff = why !== null || decide.isPending;
  return (
    <Notice tone="wait" title={`${node.label} ${words.run.asks}`}>
      <div className="stack">
        <p dir="auto">{prompt ?? words.run.asksPerson}</p>
        {detail.data?.inputs.received.map(({ step, node: from }) => <DecidedOn key={step} step={step} node={from} />)}
        <Until approval={approval} />
        <Field label={words.run.comment} lines={2} value={comment} onChange={setComment} isDisabled={why !== null} maxLength={10_000} />
        <div className="row">
          <Button look="main" isDisabled={isOff} onPress={() => decide.mutate("approve")}>{words.run.approve}</Button>
          <Button isDisabled={isOff} onPress={() => decide.mutate("reject")}>{words.run.reject}</Button>
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
  const now = useNow(until === null ? null : 1_000);
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
  return isApprover(approvers, me) ? null : words.run.notApprover;
}
