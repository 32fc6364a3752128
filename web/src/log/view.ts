// What a reader shows of a run.

import type { Blob, Fact, Fault, Usage } from "./facts.js";

export type Phase = "pending" | "running" | "cancelling" | "failing" | "completed" | "failed" | "cancelled";
export type RunStatus = Phase | "waiting";
export type StepStatus =
  | "pending" | "ready" | "running" | "waiting" | "retrying" | "completed" | "failed" | "cancelled" | "skipped";

/** A text, and its length in code points, which is what offsets count. */
export interface Passage {
  readonly text: string;
  readonly points: number;
}

/** A call of a tool by a worker, known by its turn and its place in it. */
export interface Call {
  readonly turn: number;
  readonly index: number;
  readonly tool: string;
  readonly input: string | Blob | null;
  readonly times: number;
  readonly outcome: "ok" | "error" | "unknown" | null;
  readonly output: string | Blob | null;
  readonly error: Fault | null;
  readonly startedAt: string | null;
  readonly seconds: number | null;
  readonly isCut: boolean;
}

/** A source that the model named, of the text before `offset`; `text` are its own words. */
export interface Citation {
  readonly offset: number;
  readonly text: string;
  readonly url: string | null;
  readonly title: string | null;
}

/** An attempt that failed before the one there is, and of which model. */
export interface Failure {
  readonly attempt: number;
  readonly model: string | null;
  readonly error: Fault;
}

export interface StepView {
  readonly node: string;
  readonly status: StepStatus;
  readonly attempt: number;
  readonly execution: number;
  readonly hasOutcome: boolean;
  readonly words: Passage;
  readonly thoughts: Passage;
  readonly tool: Fact | null;
  readonly calls: readonly Call[];
  readonly citations: readonly Citation[];
  /** How many more its outcome left out. */
  readonly citationsLeftOut: number;
  readonly failures: readonly Failure[];
  readonly model: string | null;
  readonly firstModel: string | null;
  readonly progress: Fact | null;
  readonly blob: Blob | null;
  readonly error: Fault | null;
  readonly decided: Fact | null;
  readonly prompt: string | null;
  readonly usage: Usage;
  readonly readyAt: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** When the next attempt is due, by the clock of who scheduled it. */
  readonly retryAt: string | null;
}

export interface RunView {
  readonly phase: Phase;
  /** By the step's number; a hole where nothing was heard of it. */
  readonly steps: readonly (StepView | undefined)[];
  readonly requested: Fact | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly result: readonly Fact[];
  readonly error: Fault | null;
  readonly lastId: number;
  /** A piece of a text is missing: read the run again from its beginning. */
  readonly needsReread: boolean;
}

export const EMPTY: RunView = {
  phase: "pending", steps: [], requested: null, startedAt: null, endedAt: null, result: [], error: null,
  lastId: 0, needsReread: false,
};
