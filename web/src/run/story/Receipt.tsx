// What a run had saved and spent when it was stopped. It is told by its facts, so a reload tells it again.

import { useMemo } from "react";
import type { RunView } from "../../log/index";
import { count, dollars, tokensOf } from "../../ui/figures";
import { Notice } from "../../ui/Notice";
import { words } from "../../words";
import { useCosts } from "../costs";
import { useRunPage } from "../context";
import type { StepNode } from "../graph/drawing";
import { Notes } from "../noted";

export function Receipt({ view, steps }: { view: RunView; steps: readonly StepNode[] }) {
  const { setSelected, source } = useRunPage();
  const notes = useMemo(() => new Notes(), [source]);
  const costs = useCosts();
  const stopped = steps.filter(({ step }) => view.steps[step]?.status === "cancelled");
  const completed = view.steps.filter((step) => step?.status === "completed").length;
  const used = view.steps.reduce((sum, step) => sum + tokensOf(step?.usage), 0);
  return (
    <Notice title={words.run.stopped}>
      <div className="stack">
        <p>
          {completed === 1 ? words.run.stepSaved : `${completed} ${words.run.stepsSaved}`} {words.run.spent} {count(used)} {words.run.tokens}
          {costs && `, ${dollars(costs.cost_usd)}`}. {words.run.atLeast}
        </p>
        {stopped.length > 0 && (
          <ul className="run-list">
            {stopped.slice(0, 20).map(({ step, label }) => {
              const said = view.steps[step]?.words.points ?? 0;
              const ms = notes.of(source.history.events, step).receipt?.abortedAfterMs ?? null;
              return (
                <li key={step}>
                  <button type="button" className="run-sentence" onClick={() => setSelected(step)}>{label}</button>{" "}
                  <span className="quiet small">{said > 0 ? `${count(said)} ${words.run.charactersSaved}` : words.run.nothingSaid}{ms !== null && ` · ${words.run.cutWithin} ${Math.max(1, Math.round(ms))} ms`}</span>
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </Notice>
  );
}
