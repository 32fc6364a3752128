// How nodes went in the last run: a line below each, all of it beside the one that is chosen.

import { Link } from "@tanstack/react-router";
import { useContext } from "react";
import type { StepView } from "../../log/index";
import { ago, bytes, clock, count, duration, firstWords, lastWords, tokensOf } from "../../ui/figures";
import { Status, StatusMark } from "../../ui/Status";
import { words } from "../../words";
import { type LastRun, LastRunOf, useLastStep } from "./lastRun";
import "./lately.css";

const LINE = 90;
const PASSAGE = 1_200;

/** Below a card: how it went, its first words, what it took. */
export function LastLine({ node }: { node: string }) {
  const found = useLastStep(node);
  if (!found) return null;
  const { last, step } = found;
  const isChanged = last.changed.has(node);
  return (
    <div className={isChanged ? "card-last is-changed-since" : "card-last"}>
      <StatusMark status={step.status} />
      <span className="clip" dir="auto">{saidBy(step, LINE)}</span>
      <span className="number">{isChanged ? words.editor.last.changed : figureOf(step)}</span>
    </div>
  );
}

/** Which run the lines are of. */
export function LastNote({ workspace }: { workspace: string }) {
  const last = useContext(LastRunOf);
  return last && <div className="last-note small"><WhichRun workspace={workspace} last={last} /></div>;
}

/** Beside the settings of a node. */
export function LastOfNode({ workspace, node }: { workspace: string; node: string }) {
  const found = useLastStep(node);
  if (!found) return null;
  const { last, step } = found;
  const place = last.steps.at(node);
  const text = saidBy(step, PASSAGE);
  return (
    <section className="group last-of-node" aria-label={words.editor.last.title}>
      <div className="spread"><Status status={step.status} /><span className="quiet small number">{[tokensSaid(step), timeSaid(step)].filter(Boolean).join(" · ")}</span></div>
      {text && <p className="last-words" dir="auto">{text}</p>}
      {last.changed.has(node) && <p className="small is-since">{words.editor.last.changedWhy}</p>}
      <p className="small"><WhichRun workspace={workspace} last={last} {...(place !== undefined && { step: place })} /></p>
    </section>
  );
}

function WhichRun({ workspace, last: { run }, step }: { workspace: string; last: LastRun; step?: number }) {
  return (
    <Link className="row" to="/w/$workspace/runs/$run" params={{ workspace, run: run.run_id }} search={step === undefined ? {} : { step }} title={clock(run.created_at)}>
      {step === undefined && <StatusMark status={run.status} />}<span>{words.editor.last.title}, {ago(run.created_at)}</span>
    </Link>
  );
}

function saidBy(step: StepView, most: number): string {
  if (step.error) return step.error.message;
  if (step.blob) return `${words.run.textOf} ${bytes(step.blob.size_bytes)}`;
  return step.hasOutcome ? cut(step.words.text, most) : lastWords(step.words.text, most);
}

function cut(text: string, most: number): string {
  const first = firstWords(text, most);
  return text.length > 2 * most || first.length >= most ? `${first}…` : first;
}

function figureOf(step: StepView): string {
  return tokensSaid(step) || timeSaid(step);
}

function tokensSaid({ usage }: StepView): string {
  const tokens = tokensOf(usage);
  return tokens > 0 ? `${count(tokens)} ${words.run.tokens}` : "";
}

function timeSaid({ status, startedAt, endedAt }: StepView): string {
  return status === "skipped" || !startedAt || !endedAt ? "" : duration(Date.parse(endedAt) - Date.parse(startedAt));
}
