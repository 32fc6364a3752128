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
  const { node, status, attempt, execution, words, thoughts, tool, blob, error, model } = step;
  return {
    node, status, attempt, execution, text: words.text, thinking: thoughts.text,
    tool: tool?.tool ?? null, blob, error: error?.code ?? null,
    model, stands_in_for: standsInFor(step),
  };
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(shown)));
