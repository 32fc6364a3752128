// Folds lists of events, given on standard input as JSON, with the law of the watch page, whose
// file is the first argument. Prints for each list what the page would know.
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";

const law = readFileSync(process.argv[2], "utf8");
const { after, EMPTY, standsInFor, statusOf } = runInContext(`${law}; ({ after, EMPTY, standsInFor, statusOf })`, createContext({}));

function shown(events) {
  const view = events.reduce(after, EMPTY);
  const steps = {};
  view.steps.forEach((step, number) => { steps[number] = shownStep(step); });
  return { status: statusOf(view), needs_reread: view.needsReread, steps };
}

function shownStep(step) {
  const { node, status, attempt, execution, words, thoughts, tool, blob, error, calls, model, failures, citations } = step;
  return {
    node, status, attempt, execution, text: words.text, thinking: thoughts.text,
    tool: tool?.tool ?? null, blob, error: codeOf(error), calls: calls.map(shownCall),
    citations, citations_left_out: step.citationsLeftOut,
    model, stands_in_for: standsInFor(step),
    failures: failures.map((each) => ({ attempt: each.attempt, model: each.model, error: codeOf(each.error) })),
  };
}

function shownCall({ turn, index, tool, input, times, outcome, output, error }) {
  return { turn, index, tool, input, times, outcome, output, error: codeOf(error) };
}

function codeOf(error) {
  return error?.code ?? null;
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(shown)));
