// Going on from a step of a run that is over, with a change: what would be kept is shown before it is
// started, and what was typed stays until it is.

import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useState } from "react";
import { useSession } from "../../account/session";
import { call, Problem, type Schema } from "../../api/client";
import { Button } from "../../ui/Button";
import { Notice, Refused } from "../../ui/Notice";
import { Sheet } from "../../ui/Sheet";
import { words } from "../../words";
import { ForkFields } from "./ForkFields";
import { ForkPlan, usePlan } from "./ForkPlan";
import { bodyOf, type Draft, fieldsOf, keepDraft, keptDraft, NOTHING_CHANGED, wrongsOf } from "./draft";
import { useRunNow } from "../context";
import "./fork.css";

/** `from` is the node that was chosen; a draft that was kept goes on where it was, but for that. */
export function ForkDialog({ from, onClose }: { from: string | null; onClose: () => void }) {
  return (
    <Sheet title={words.time.fork} isOpen onClose={onClose} wide>
      <ForkForm from={from} onClose={onClose} />
    </Sheet>
  );
}

function ForkForm({ from, onClose }: { from: string | null; onClose: () => void }) {
  const { run, workspace, steps, isOver } = useRunNow();
  const { may } = useSession();
  const [draft, setDraft] = useState<Draft>(() => begun(keptDraft(run), from ?? steps[0]?.node ?? ""));
  const navigate = useNavigate();
  const plan = usePlan(draft, isOver);
  const start = useMutation({
    mutationFn: () => call<Schema<"ForkAccepted">>("POST", `api/v1/runs/${run}/fork`, { body: bodyOf(draft) }),
    onSuccess: ({ run_id }) => {
      keepDraft(run, null);
      onClose();
      void navigate({ to: "/w/$workspace/runs/$run", params: { workspace, run: run_id } });
    },
  });
  const error = start.error ?? plan.error;
  const wrongs = wrongsOf(error instanceof Problem ? error.problems : [], fieldsOf(draft));
  const why = !isOver ? words.time.notOver : may("member") ? null : words.time.mayNot;
  const canStart = why === null && !start.isPending && draft.from !== "";

  function change(next: Draft) {
    setDraft(next);
    keepDraft(run, next);
    start.reset();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    if (canStart) start.mutate();
  }

  return (
    <div className="fork" onKeyDown={onKeyDown}>
      {why && <Notice tone="wait">{why}</Notice>}
      {error && (wrongs.others.length > 0 || wrongs.at.size === 0) && <Refused error={error} />}
      <div className="fork-halves">
        <ForkFields draft={draft} onChange={change} wrongs={wrongs} />
        <ForkPlan plan={plan} />
      </div>
      <div className="spread fork-foot">
        <span className="quiet small">{words.time.draftKept} {words.time.startKeys}</span>
        <div className="row">
          <Button look="quiet" onPress={() => { keepDraft(run, null); setDraft({ ...NOTHING_CHANGED, from: draft.from }); start.reset(); }}>{words.time.reset}</Button>
          <Button look="main" isDisabled={!canStart} onPress={() => start.mutate()}>{words.time.start}</Button>
        </div>
      </div>
    </div>
  );
}

function begun(kept: Draft | null, from: string): Draft {
  return { ...(kept ?? NOTHING_CHANGED), from };
}
