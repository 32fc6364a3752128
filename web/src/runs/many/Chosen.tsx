// Stopping and running again the runs that are chosen, with what came of each.

import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Button } from "../../ui/Button";
import { words } from "../../words";
import { actOnEach, type Outcome } from "./each";
import type { JobKind } from "../filters/filter";
import { type Run, titleOf } from "../rows";

const said = words.runs;

export function Chosen({ workspace, runs, onClear }: { workspace: string; runs: readonly Run[]; onClear: () => void }) {
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([]);
  const [isBusy, setBusy] = useState(false);
  async function act(kind: JobKind) {
    setBusy(true);
    onClear();
    await actOnEach(kind, runs, setOutcomes);
    setBusy(false);
  }
  return (
    <>
      {runs.length > 0 && (
        <div className="chosen spread" role="group" aria-label={said.chosen(runs.length)}>
          <strong>{said.chosen(runs.length)}</strong>
          <div className="row">
            <Button isDisabled={isBusy} onPress={() => void act("retry")}>{said.each.retry}</Button>
            <Button look="danger" isDisabled={isBusy} onPress={() => void act("cancel")}>{said.each.cancel}</Button>
            <Button look="quiet" onPress={onClear}>{said.chooseNone}</Button>
          </div>
        </div>
      )}
      {outcomes.length > 0 && (
        <section className="outcomes" aria-label={said.outcomes}>
          <div className="spread"><h2>{said.outcomes}</h2><Button small look="quiet" isDisabled={isBusy} onPress={() => setOutcomes([])}>{words.ui.close}</Button></div>
          <ul aria-live="polite">
            {outcomes.map((outcome) => (
              <li key={outcome.run.run_id}>
                <RunLink workspace={workspace} run={outcome.run.run_id}>{titleOf(outcome.run)}</RunLink>
                <Told workspace={workspace} outcome={outcome} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Told({ workspace, outcome }: { workspace: string; outcome: Outcome }) {
  switch (outcome.state) {
    case "asked": return <span className="quiet">{said.came.asked}</span>;
    case "cancel": return <span>{said.came.cancel}</span>;
    case "retry": return <RunLink workspace={workspace} run={outcome.fork}>{said.came.retry}</RunLink>;
    case "refused": return <span className="is-bad">{outcome.why}</span>;
  }
}

function RunLink({ workspace, run, children }: { workspace: string; run: string; children: string }) {
  return <Link to="/w/$workspace/runs/$run" params={{ workspace, run }} className="clip">{children}</Link>;
}
