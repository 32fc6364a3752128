// The law of docs/reference/streaming.md as one pure function: the view once an event has happened,
// and the same view if it changes nothing. Live, after a reload, of the past and at any fact of it,
// whoever folds the same events has the same view. It passes docs/reference/stream-vectors.json.

import type { Fact, Fault, RunEvent, Usage } from "./facts.js";
import type { Call, Citation, Failure, Passage, RunStatus, RunView, StepView } from "./view.js";
import { EMPTY } from "./view.js";

const NOTHING: Passage = { text: "", points: 0 };
const ENDED: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"]);
const SETTLED: ReadonlySet<string> = new Set([...ENDED, "skipped"]);
const BUSY: ReadonlySet<string> = new Set(["ready", "running", "retrying"]);
const BY_EXECUTION: ReadonlySet<string> = new Set([
  "step.started", "step.released", "step.delta", "step.thinking", "step.tool", "step.citation", "step.progress",
]);

type Steps = RunView["steps"];
type Copy = (steps: Steps) => (StepView | undefined)[];

/** The view of all these events, from `view` on. Nobody sees those between: steps are copied once. */
export function fold(events: Iterable<RunEvent>, view: RunView = EMPTY): RunView {
  let own: (StepView | undefined)[] | null = null;
  const copied: Copy = (steps) => (own !== null && own === steps ? own : (own = steps.slice()));
  for (const event of events) view = after(view, event, copied);
  return view;
}

/** The view once the event has happened. */
export function reduce(view: RunView, event: RunEvent): RunView {
  return after(view, event, (steps) => steps.slice());
}

function after(view: RunView, { id, data }: RunEvent, copied: Copy): RunView {
  if (view.needsReread || isOver(view) || id <= view.lastId) return view;
  const seen = { ...view, lastId: id };
  if (!/^(step|tool)\./.test(data.type) || data.step === undefined) return { ...seen, ...runAfter(view, data) };
  const known = view.steps[data.step] ?? fresh(data, 0);
  const step = stepAfter(known, data);
  if (step === null) return { ...view, needsReread: true };
  if (step === view.steps[data.step]) return seen;
  const steps = copied(view.steps);
  steps[data.step] = step;
  return { ...seen, steps };
}

export function isOver(view: RunView): boolean {
  return ENDED.has(view.phase);
}

/** A run waits when a person is asked and nothing is in flight. */
export function statusOf(view: RunView): RunStatus {
  const steps = view.steps.filter((step) => step !== undefined);
  if (view.phase !== "running" || !steps.some(isAsking)) return view.phase;
  const isBusy = (step: StepView) => BUSY.has(step.status) || (step.status === "waiting" && step.decided !== null);
  return steps.some(isBusy) ? "running" : "waiting";
}

/** A person is asked and has not answered. */
export function isAsking(step: StepView): boolean {
  return step.status === "waiting" && step.decided === null;
}

/** The model that another one is asked in place of, if one is. */
export function standsInFor(step: StepView): string | null {
  return step.model === step.firstModel ? null : step.firstModel;
}

function fresh(fact: Fact, attempt: number): StepView {
  return {
    node: fact.node ?? "", status: "pending", attempt, execution: 0, hasOutcome: false, words: NOTHING,
    thoughts: NOTHING, tool: null, calls: [], citations: [], citationsLeftOut: 0, failures: [], model: null,
    firstModel: null, progress: null, blob: null, error: null, decided: null, prompt: null, usage: {}, readyAt: null, startedAt: null,
    endedAt: null, retryAt: null,
  };
}

// Of several models one is asked first; another stands in for it.
function atAttempt(step: StepView, fact: Fact): StepView {
  const { firstModel } = step;
  return { ...fresh(fact, fact.attempt ?? 0), failures: failuresOf(step), model: firstModel, firstModel };
}

function failuresOf({ failures, error, attempt, model }: StepView): readonly Failure[] {
  return error ? [...failures, { attempt, model, error }] : failures;
}

function stepAfter(step: StepView, fact: Fact): StepView | null {
  if (fact.type === "step.skipped") return { ...step, status: "skipped" };
  const rule = RULES[fact.type];
  const attempt = fact.attempt ?? 0;
  if (!rule || attempt < step.attempt) return step;
  if (attempt > step.attempt) step = atAttempt(step, fact);
  if (step.hasOutcome) {
    return fact.type === "step.retry_scheduled" ? { ...step, ...rescheduled(step, fact) } : step;
  }
  if (BY_EXECUTION.has(fact.type)) {
    const execution = fact.execution ?? 0;
    if (execution < step.execution) return step;
    step = { ...step, execution };
  }
  const changes = rule(step, fact);
  return changes && { ...step, ...changes };
}

type Changes = Partial<StepView>;
type Rule = (step: StepView, fact: Fact) => Changes | null;

function rescheduled(_: StepView, fact: Fact): Changes {
  return { status: "retrying", retryAt: later(fact.at, Number(fact.delay_seconds)) };
}

// What each fact changes in its step; null where a piece of the text is missing.
const RULES: Readonly<Record<string, Rule>> = {
  "step.ready": ({ firstModel, readyAt }, fact) => ({
    status: "ready", readyAt: readyAt ?? fact.at, model: text(fact.model) ?? firstModel,
    firstModel: firstModel ?? text(fact.model),
  }),
  "step.started": (step, fact) => ({ status: "running", startedAt: step.startedAt ?? fact.at }),
  "step.released": () => ({ status: "ready" }),
  "step.waiting": (_, fact) => ({ status: "waiting", prompt: text(fact.prompt) }),
  "step.decided": (step, fact) => ({ decided: step.decided ?? fact }),
  "step.due": (step, fact) => (fact.purpose === "approval" ? { decided: step.decided ?? fact } : {}),
  "step.retry_scheduled": rescheduled,
  "step.delta": (step, fact) => spliced(step.words, fact, (words) => ({ status: "running", words })),
  "step.thinking": (step, fact) => spliced(step.thoughts, fact, (thoughts) => ({ status: "running", thoughts })),
  "step.tool": (_, fact) => ({ status: "running", tool: fact.phase === "call" ? fact : null }),
  "step.citation": (step, fact) => ({ citations: citationsAfter(step.citations, citationOf(fact)) }),
  "step.turn": (step, fact) => ({ usage: sum(step.usage, usageOf(fact.usage)) }),
  "tool.called": (step, fact) => ({ status: "running", calls: callsAfter(step.calls, fact, called) }),
  "tool.returned": (step, fact) => ({ status: "running", calls: callsAfter(step.calls, fact, returned) }),
  "step.progress": (_, fact) => ({ status: "running", progress: fact }),
  "step.completed": (step, fact) => ({
    ...outcome("completed", fact, text(fact.output) ?? ""),
    usage: altogether(step, fact.usage), blob: blobOf(fact.output),
    citations: ((fact.citations ?? []) as Fact[]).map(citationOf), citationsLeftOut: Number(fact.citations_left_out ?? 0),
  }),
  "step.failed": (step, fact) => ({
    ...outcome("failed", fact, ""), usage: altogether(step, fact.usage), error: fact.error as Fault,
  }),
  "step.cancelled": (step, fact) => {
    const receipt = (fact.receipt ?? {}) as Record<string, unknown>;
    return { ...outcome("cancelled", fact, text(receipt.text) ?? ""), usage: altogether(step, receipt.usage) };
  },
};

function outcome(status: "completed" | "failed" | "cancelled", fact: Fact, words: string): Changes {
  return {
    status, hasOutcome: true, words: { text: words, points: points(words) }, thoughts: NOTHING, tool: null,
    citations: [], progress: null, endedAt: fact.at,
  };
}

function citationOf({ offset, citation }: Partial<Fact>): Citation {
  const said = (citation ?? {}) as Record<string, unknown>;
  return { offset: Number(offset), text: text(said.cited_text) ?? "", url: text(said.url), title: text(said.title) };
}

// Those of an attempt in flight: each once, the first 200.
function citationsAfter(known: readonly Citation[], next: Citation): readonly Citation[] {
  const isKnown = known.some((each) =>
    each.offset === next.offset && each.text === next.text && each.url === next.url && each.title === next.title);
  return isKnown || known.length >= 200 ? known : [...known, next];
}

// What an attempt used: as its outcome says, or its turns where that tells nothing.
function altogether(step: StepView, used: unknown): Usage {
  const told = usageOf(used);
  return Object.values(told).some(Boolean) ? told : step.usage;
}

function usageOf(value: unknown): Usage {
  return typeof value === "object" && value !== null ? (value as Usage) : {};
}

function sum(before: Usage, more: Usage): Usage {
  const sums: Record<string, number> = { ...before };
  for (const [name, n] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + n;
  return sums;
}

// Whose execution told of a call does not count; of what came of it the first stands.
function callsAfter(calls: readonly Call[], fact: Fact, changed: (call: Call, fact: Fact) => Call): readonly Call[] {
  const turn = Number(fact.turn), index = Number(fact.index);
  const at = calls.findIndex((call) => call.turn === turn && call.index === index);
  const known = calls[at] ?? {
    turn, index, tool: text(fact.tool) ?? "", input: null, times: 0, outcome: null, output: null, error: null,
    startedAt: null, seconds: null, isCut: false,
  };
  if (known.outcome !== null) return calls;
  const others = calls.filter((_, place) => place !== at);
  return [...others, changed(known, fact)].sort((a, b) => a.turn - b.turn || a.index - b.index);
}

function called(call: Call, fact: Fact): Call {
  return { ...call, input: fact.input as Call["input"], times: call.times + 1, startedAt: fact.at };
}

function returned(call: Call, fact: Fact): Call {
  return {
    ...call, outcome: fact.outcome as Call["outcome"], output: fact.output as Call["output"],
    error: (fact.error as Fault | null | undefined) ?? null, seconds: Number(fact.seconds ?? 0), isCut: Boolean(fact.cut),
  };
}

function spliced(passage: Passage, fact: Fact, changes: (passage: Passage) => Changes): Changes | null {
  const offset = Number(fact.offset), more = text(fact.text) ?? "";
  if (offset > passage.points) return null;
  const kept = offset === passage.points ? passage.text : [...passage.text].slice(0, offset).join("");
  return changes({ text: kept + more, points: offset + points(more) });
}

// Offsets count code points, JavaScript counts UTF-16 units.
function points(words: string): number {
  let n = words.length;
  for (let at = 0; at + 1 < words.length; at++) {
    const high = words.charCodeAt(at);
    if (high < 0xd800 || high > 0xdbff) continue;
    const low = words.charCodeAt(at + 1);
    if (low >= 0xdc00 && low <= 0xdfff) { n--; at++; }
  }
  return n;
}

function later(at: string, seconds: number): string | null {
  const due = new Date(Date.parse(at) + seconds * 1000);
  return Number.isNaN(due.getTime()) ? null : due.toISOString();
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function blobOf(value: unknown): StepView["blob"] {
  return typeof value === "object" && value !== null && "blob" in value ? (value as StepView["blob"]) : null;
}

function runAfter(view: RunView, fact: Fact): Partial<RunView> {
  switch (fact.type) {
    case "run.requested": return { requested: fact };
    case "run.started": return { startedAt: fact.at, phase: view.phase === "cancelling" ? "cancelling" : "running" };
    case "run.cancel_requested": return { phase: "cancelling" };
    case "run.stopping":
      return { phase: view.phase === "cancelling" || fact.reason === "cancelled" ? "cancelling" : "failing" };
    case "run.completed": return { ...closed(view, "completed", fact), result: (fact.result as Fact[]) ?? [] };
    case "run.failed": return { ...closed(view, "failed", fact), error: (fact.error as Fault) ?? null };
    case "run.cancelled": return closed(view, "cancelled", fact);
    default: return {};
  }
}

// A step without outcome when its run ends is cancelled, without text.
function closed(view: RunView, phase: RunView["phase"], fact: Fact): Partial<RunView> {
  const steps = view.steps.map((step) =>
    step && !SETTLED.has(step.status) ? { ...step, ...outcome("cancelled", fact, "") } : step);
  return { phase, steps, endedAt: fact.at };
}
