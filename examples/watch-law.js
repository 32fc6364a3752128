"use strict";
// The law: docs/reference/streaming.md as one pure function. `after` gives the view once an event
// has happened, and the same view if it changes nothing. Any reader, wherever it joined, ends with
// the same. It passes docs/reference/stream-vectors.json.

const NOTHING = { text: "", points: 0 };                     // a text and its length in code points
const EMPTY = {
  phase: "pending", steps: [], requested: {}, startedAt: null, endedAt: null,
  result: [], error: null, lastId: 0, needsReread: false,
};
const ENDED = new Set(["completed", "failed", "cancelled"]);
const SETTLED = new Set([...ENDED, "skipped"]);
const BUSY = new Set(["ready", "running", "retrying"]);
const BY_EXECUTION = new Set(["step.started", "step.released", "step.delta", "step.thinking", "step.tool", "step.citation", "step.progress"]);

function after(view, { id, data }) {
  if (view.needsReread || ENDED.has(view.phase) || id <= view.lastId) return view;
  const seen = { ...view, lastId: id };
  if (!/^(step|tool)\./.test(data.type)) return { ...seen, ...runAfter(view, data) };
  const known = view.steps[data.step] ?? freshStep(data, 0);
  const step = stepAfter(known, data);
  if (step === null) return { ...view, needsReread: true };
  if (step === view.steps[data.step]) return seen;
  seen.steps = view.steps.slice();
  seen.steps[data.step] = step;
  return seen;
}

function freshStep(fact, attempt) {
  return {
    node: fact.node, status: "pending", attempt, execution: 0, hasOutcome: false, words: NOTHING, thoughts: NOTHING,
    tool: null, calls: [], citations: [], citationsLeftOut: 0, failures: [], model: null, firstModel: null, progress: null, blob: null, error: null, decided: null, usage: {},
    startedAt: null, endedAt: null,
  };
}

// Of several models one is asked first; another stands in for it.
function atAttempt(step, fact) {
  const { firstModel } = step;
  return { ...freshStep(fact, fact.attempt), failures: failuresOf(step), model: firstModel, firstModel };
}

function standsInFor(step) {
  return step.model === step.firstModel ? null : step.firstModel;
}

function stepAfter(step, fact) {
  if (fact.type === "step.skipped") return { ...step, status: "skipped" };
  const rule = STEP_RULES[fact.type];
  if (!rule || fact.attempt < step.attempt) return step;
  if (fact.attempt > step.attempt) step = atAttempt(step, fact);
  if (step.hasOutcome) return fact.type === "step.retry_scheduled" ? { ...step, status: "retrying" } : step;
  if (BY_EXECUTION.has(fact.type)) {
    if (fact.execution < step.execution) return step;
    step = { ...step, execution: fact.execution };
  }
  const changes = rule(step, fact);
  return changes && { ...step, ...changes };
}

// The attempts that failed before the next one, and of which model.
function failuresOf({ failures, error, attempt, model }) {
  return error ? [...failures, { attempt, model, error }] : failures;
}

// What each fact changes in its step; null where a piece of the text is missing.
const STEP_RULES = {
  "step.ready": ({ firstModel }, { model }) => (
    { status: "ready", model: model ?? firstModel, firstModel: firstModel ?? model ?? null }
  ),
  "step.started": (step, fact) => ({ status: "running", startedAt: step.startedAt ?? fact.at }),
  "step.released": () => ({ status: "ready" }),
  "step.waiting": (step, fact) => ({ status: "waiting", prompt: fact.prompt }),
  "step.decided": (step, fact) => ({ decided: step.decided ?? fact }),
  "step.due": (step, fact) => (fact.purpose === "approval" ? { decided: step.decided ?? fact } : {}),
  "step.retry_scheduled": () => ({ status: "retrying" }),
  "step.delta": (step, fact) => spliced(step.words, fact, (words) => ({ status: "running", words })),
  "step.thinking": (step, fact) => spliced(step.thoughts, fact, (thoughts) => ({ status: "running", thoughts })),
  "step.tool": (step, fact) => ({ status: "running", tool: fact.phase === "call" ? fact : null }),
  "step.citation": (step, fact) => ({ citations: citationsAfter(step.citations, citationOf(fact)) }),
  "step.turn": (step, fact) => ({ usage: sumUsage(step.usage, fact.usage ?? {}) }),
  "tool.called": (step, fact) => ({ status: "running", calls: callsAfter(step.calls, fact, called) }),
  "tool.returned": (step, fact) => ({ status: "running", calls: callsAfter(step.calls, fact, returned) }),
  "step.progress": (step, fact) => ({ status: "running", progress: fact }),
  "step.completed": (step, fact) => ({
    ...outcome("completed", fact, typeof fact.output === "string" ? fact.output : ""),
    usage: altogether(step, fact.usage), blob: fact.output?.blob ? fact.output : null,
    citations: (fact.citations ?? []).map(citationOf), citationsLeftOut: fact.citations_left_out ?? 0,
  }),
  "step.failed": (step, fact) => ({ ...outcome("failed", fact, ""), usage: altogether(step, fact.usage), error: fact.error }),
  "step.cancelled": (step, fact) => ({
    ...outcome("cancelled", fact, fact.receipt?.text ?? ""), usage: altogether(step, fact.receipt?.usage),
  }),
};

function outcome(status, fact, text) {
  const words = { text, points: [...text].length };
  return { status, hasOutcome: true, words, thoughts: NOTHING, tool: null, citations: [], progress: null, endedAt: fact.at };
}

// A source that the model named, of the text before `offset`.
function citationOf({ offset, citation: { cited_text, url, title } }) {
  return { offset, text: cited_text ?? "", url: url ?? null, title: title ?? null };
}

// Those of an attempt in flight: each once, the first 200.
function citationsAfter(citations, citation) {
  const { offset, text, url, title } = citation;
  const isKnown = citations.some((each) => each.offset === offset && each.text === text && each.url === url && each.title === title);
  return isKnown || citations.length >= 200 ? citations : [...citations, citation];
}

// What an attempt used: as its outcome says, or its turns where that tells nothing.
function altogether(step, used) {
  return Object.values(used ?? {}).some(Boolean) ? used : step.usage;
}

function sumUsage(before, more) {
  const sums = { ...before };
  for (const [name, count] of Object.entries(more)) sums[name] = (before[name] ?? 0) + count;
  return sums;
}

// A call is known by its turn and its place in it. Whose execution told of it does not count.
function callsAfter(calls, fact, changed) {
  const { turn, index, tool } = fact;
  const isIt = (call) => call.turn === turn && call.index === index;
  const known = calls.find(isIt) ?? { turn, index, tool, input: null, times: 0, outcome: null, output: null, error: null };
  if (known.outcome !== null) return calls;                  // of what came of it the first stands
  const others = calls.filter((call) => !isIt(call));
  return [...others, changed(known, fact)].sort((a, b) => a.turn - b.turn || a.index - b.index);
}

function called(call, { input, at }) {
  return { ...call, input, times: call.times + 1, startedAt: at };
}

function returned(call, { outcome, output, error, seconds, cut }) {
  return { ...call, outcome, output, error: error ?? null, seconds: seconds ?? 0, isCut: Boolean(cut) };
}

// Offsets count code points, JavaScript counts UTF-16 units; `...` walks a string by code points.
function spliced(passage, { offset, text }, changes) {
  if (offset > passage.points) return null;
  const kept = offset === passage.points ? passage.text : [...passage.text].slice(0, offset).join("");
  return changes({ text: kept + text, points: offset + [...text].length });
}

function runAfter(view, fact) {
  switch (fact.type) {
    case "run.requested": return { requested: fact };
    case "run.started": return { startedAt: fact.at, phase: view.phase === "cancelling" ? "cancelling" : "running" };
    case "run.cancel_requested": return { phase: "cancelling" };
    case "run.stopping":
      return { phase: view.phase === "cancelling" || fact.reason === "cancelled" ? "cancelling" : "failing" };
    case "run.completed": return { ...closed(view, "completed", fact), result: fact.result };
    case "run.failed": return { ...closed(view, "failed", fact), error: fact.error };
    case "run.cancelled": return closed(view, "cancelled", fact);
    default: return {};
  }
}

// A step without outcome when its run ends is cancelled, without text.
function closed(view, phase, fact) {
  const steps = view.steps.map((step) => (SETTLED.has(step.status) ? step : { ...step, ...outcome("cancelled", fact, "") }));
  return { phase, steps, endedAt: fact.at };
}

// A run waits when a person is asked and nothing is in flight.
function statusOf(view) {
  if (view.phase !== "running" || !view.steps.some(isAsking)) return view.phase;
  const isBusy = (step) => BUSY.has(step.status) || (step.status === "waiting" && step.decided);
  return view.steps.some(isBusy) ? "running" : "waiting";
}

function isAsking(step) {
  return step.status === "waiting" && !step.decided;
}
