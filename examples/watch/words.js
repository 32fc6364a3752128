"use strict";
// What the page says of steps and runs, in words. Pure: no document, no clock.

const KINDS = {
  agent: "agent", merge: "merge", template: "template", condition: "condition", approval: "question to a person",
  input: "input", output: "result",
};
const STATES = {
  pending: "to come", ready: "waits for a worker", waiting: "waits for a person", retrying: "failed, will be tried again",
  skipped: "not taken",
};
const OVER = { ...STATES, pending: "not reached" };          // once the run is over
const PHASES = { connecting: "waits for the model", thinking: "thinks", writing: "writes", tool: "uses a tool" };
const CACHE_READ = ["cache_read_tokens"];
const CACHE_WRITTEN = ["cache_creation_5m_tokens", "cache_creation_1h_tokens"];

// What to do about an error, by its code.
const LATER_BY_ITSELF = "The provider had no room or was away, several times in a row. Try again in a while.";
const LOOK_AT_THE_STEP = "Shorten what is given to the step, or let a step before it sum up.";
const REMEDIES = {
  authentication: "The provider does not know the key. Set ANTHROPIC_API_KEY where the agent workers run, then retry.",
  permission: "The key may not use this model. Choose another model, or ask whoever owns the key.",
  billing: "The provider wants to be paid: look at the account of the key, then retry.",
  spend_limit: "The key has reached its spend limit: raise it with the provider, or wait until it starts anew, then retry.",
  model_not_found: "There is no such model for this key. Choose one from GET /api/v1/models in the step.",
  invalid_request: "The provider refused what the step asks for. Its words say what; change the step.",
  request_too_large: LOOK_AT_THE_STEP,
  context_overflow: `The texts are longer than the model can read. ${LOOK_AT_THE_STEP}`,
  too_large: LOOK_AT_THE_STEP,
  overloaded: LATER_BY_ITSELF,
  rate_limited: "The key's rate limit was met, several times in a row. Try again in a while, or run fewer at once.",
  provider_error: LATER_BY_ITSELF,
  provider_timeout: LATER_BY_ITSELF,
  connection_lost: "The line to the model was cut, several times in a row. Look at the network of the workers, then retry.",
  refusal: "The model declined to answer. Change the instructions or the input.",
  no_output: "The model ended without a word. Change the instructions, or try again.",
  budget_exceeded: "The run reached its limit of tokens. Start it with a higher max_total_tokens.",
  deadline_exceeded: "The run reached its deadline. Start it with a longer deadline_seconds.",
  approval_timeout: "Nobody answered in time. Start it again, or give the question a longer timeout_seconds.",
  queue_timeout: "No worker was free in time. Start more workers, or give the step a longer queue_seconds.",
  store_full: "The log is full: ask the operators for room, then retry.",
  worker_error: "A fault of Penstock's own, logged by the worker with this run's id. Tell the operators.",
  poison: "The step has ended several workers. Look at what it is given, and tell the operators.",
};

function metaWords(step, cost) {
  return [
    step.attempt > 1 && `attempt ${step.attempt}`,
    standsInFor(step) && `${step.model} in place of ${standsInFor(step)}`,
    step.execution > 1 && "taken over from a lost worker",
    step.usage.web_search_requests > 0 && `${step.usage.web_search_requests} searches`,
    duration(step.startedAt, step.endedAt),
    ...usageWords([step.usage]),
    cost,
  ].filter(Boolean).join(" · ");
}

function usageWords(usages) {
  const [tokens, read, written] = [["input_tokens", "output_tokens"], CACHE_READ, CACHE_WRITTEN]
    .map((names) => sumOf(usages, names));
  return [
    tokens && `${tokens.toLocaleString()} tokens`,
    read && `${read.toLocaleString()} from cache`,
    written && `${written.toLocaleString()} to cache`,
  ].filter(Boolean);
}

function sumOf(usages, names) {
  return usages.reduce((sum, usage) => names.reduce((part, name) => part + (usage[name] ?? 0), sum), 0);
}

function totalOf(usages) {
  return sumOf(usages, ["input_tokens", "output_tokens", ...CACHE_READ, ...CACHE_WRITTEN]);
}

function costWords(dollars) {
  return dollars === null ? "price unknown" : dollars && `$${dollars}`;
}

function toolWords({ tool, detail }) {
  const given = Object.values(detail?.input ?? {}).filter((value) => typeof value === "string").join(", ");
  return given ? `${tool}: ${given}` : tool;
}

// What a call was given, on one line: its arguments by name.
const MOST_GIST = 200;

function argumentWords(input) {
  if (input === null) return "";
  if (typeof input !== "string") return `${bytes(input.size_bytes)} of arguments`;
  let given = null;
  try {
    given = JSON.parse(input);
  } catch {
    return input.slice(0, MOST_GIST);                        // models write what is no JSON, too
  }
  if (given === null || typeof given !== "object" || Array.isArray(given)) return input.slice(0, MOST_GIST);
  const words = Object.entries(given).map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return words.join(", ").slice(0, MOST_GIST);
}

// JSON with a line for each of its members; anything else as it is.
function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// How a call ended. `isOver`: so is its attempt.
function endingWords({ outcome, error, seconds, times }, isOver) {
  const took = seconds >= 0.05 && `${seconds.toFixed(1)} s`;
  const again = times > 1 && `begun ${times} times`;
  if (outcome === null) return [isOver ? "did not return" : "under way", again].filter(Boolean).join(" · ");
  const word = { ok: "", error: error?.code ?? "failed", unknown: "not known whether it was done" }[outcome] ?? outcome;
  return [word, again, took].filter(Boolean).join(" · ");
}

// Which model failed before another was asked, and why; nothing of one that is tried again.
function fallbackWords({ failures, model }) {
  return failures.flatMap((failed, number) => {
    const next = failures[number + 1]?.model ?? model;
    if (!failed.model || !next || failed.model === next) return [];
    return [`${failed.model} failed: ${failed.error.message} (${failed.error.code}). ${next} takes its place.`];
  });
}

// Only what goes on for a while is worth a line.
function progressWords({ phase, tokens, seconds }) {
  if (!PHASES[phase] || seconds < 5) return "";
  if (phase === "tool") return `${PHASES.tool}: ${Math.round(seconds)} s`;
  return `${PHASES[phase]}: ${Math.round(seconds)} s, about ${tokens} tokens`;
}

function decisionWords({ decision, decided_by, comment }) {
  if (!decision) return "nobody answered in time";
  const by = decided_by ? ` by ${decided_by}` : "";
  return `${decision === "approve" ? "approved" : "rejected"}${by}${comment ? `: ${comment}` : ""}`;
}

// What to call a run: its pipeline, or else who works in it.
function titleOf(pipelineName, steps) {
  if (pipelineName) return pipelineName;
  const agents = steps.filter(({ kind }) => kind === "agent").map(nameOf);
  if (!agents.length) return "Run";
  return agents.length > 4 ? `${agents.slice(0, 3).join(", ")} and ${agents.length - 3} more` : listed(agents);
}

function listed(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function duration(from, to) {
  if (!from || !to) return "";
  const seconds = Math.max(0, (new Date(to) - new Date(from)) / 1000);
  if (seconds < 0.05) return "";
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function bytes(size) {
  return size < 1 << 20 ? `${Math.ceil(size / 1024)} KiB` : `${(size / (1 << 20)).toFixed(1)} MiB`;
}

// Whether a step only says again what steps before it said: `texts` are those of its inputs.
function isRepeat(kind, text, texts) {
  if (kind === "agent" || text.length < 200) return false;
  const said = texts.filter((each) => each && text.includes(each));
  return kind === "merge" || said.reduce((sum, each) => sum + each.length, 0) > 0.6 * text.length;
}
