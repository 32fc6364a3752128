// Two runs beside each other, step by step. Steps are the same by the id of their node.

import { isOver, type RunEvent, type RunView, type StepView } from "../../log/index";

/** `open`: it is not done in the run that is looked at, which is not over. */
export type Verdict = "kept" | "same" | "changed" | "new" | "missing" | "open";

/** What the facts of a run tell of a step's outcome. */
export interface Outcome {
  readonly isKept: boolean;
  readonly sha256: string;
}

export interface Side {
  readonly step: number;
  readonly view: StepView;
  readonly outcome: Outcome | null;
}

export interface Pair {
  readonly node: string;
  readonly verdict: Verdict;
  /** Of the run that is looked at, and of the one it is held against. */
  readonly own: Side | null;
  readonly other: Side | null;
}

/** How each step came out, by its number. */
export function outcomesOf(events: readonly RunEvent[]): Map<number, Outcome> {
  const outcomes = new Map<number, Outcome>();
  for (const { data } of events) {
    if (data.type !== "step.completed" || data.step === undefined) continue;
    outcomes.set(data.step, { isKept: data.kept === true, sha256: String(data.output_sha256 ?? "") });
  }
  return outcomes;
}

export interface Told {
  readonly view: RunView;
  readonly outcomes: ReadonlyMap<number, Outcome>;
  /** The nodes of its flow, as far as it is known. */
  readonly nodes: ReadonlySet<string>;
}

/** Each node of either run, in the order of the own one; what is not there any more comes last. */
export function pairsOf(own: Told, other: Told): Pair[] {
  const ours = sidesOf(own), theirs = sidesOf(other);
  const nodes = [...ours.keys(), ...[...theirs.keys()].filter((node) => !ours.has(node))];
  return nodes.map((node) => {
    const [mine, its] = [ours.get(node) ?? null, theirs.get(node) ?? null];
    return { node, own: mine, other: its, verdict: isOpen(own, node, mine) ? "open" : verdictOf(mine, its) };
  });
}

function sidesOf({ view, outcomes }: Told): Map<string, Side> {
  const sides = new Map<string, Side>();
  view.steps.forEach((step, number) => {
    if (step) sides.set(step.node, { step: number, view: step, outcome: outcomes.get(number) ?? null });
  });
  return sides;
}

const SETTLED: ReadonlySet<string> = new Set(["completed", "failed", "cancelled", "skipped"]);

function isOpen({ view, nodes }: Told, node: string, side: Side | null): boolean {
  return !isOver(view) && (side ? !SETTLED.has(side.view.status) : nodes.has(node));
}

function verdictOf(own: Side | null, other: Side | null): Verdict {
  if (!own) return "missing";
  if (!other) return "new";
  if (own.outcome?.isKept) return "kept";
  if (own.view.status !== other.view.status) return "changed";
  if (own.view.status !== "completed") return own.view.error?.code === other.view.error?.code ? "same" : "changed";
  return own.outcome?.sha256 === other.outcome?.sha256 ? "same" : "changed";
}

/** How long the last attempt of a step was worked on, in milliseconds; null where it was not or is. */
export function tookMs(side: Side | null): number | null {
  const { startedAt, endedAt } = side?.view ?? {};
  return startedAt && endedAt && !side?.outcome?.isKept ? Date.parse(endedAt) - Date.parse(startedAt) : null;
}

/** Dollars that something cost more, as a difference of amounts with six places; null if unknown. */
export function dearer(own: string | null | undefined, other: string | null | undefined): number | null {
  if (own === null || own === undefined || other === null || other === undefined) return null;
  return Math.round((Number(own) - Number(other)) * 1e6) / 1e6;
}
