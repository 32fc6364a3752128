import { describe, expect, test } from "vitest";
import { fold, type RunEvent } from "../../log/index";
import { changesBetween } from "./changesOf";

function at(id: number, type: string, more: Record<string, unknown> = {}): RunEvent {
  return { id, data: { type, version: 1, at: "2030-01-01T00:00:00Z", workspace: "w", run: "r", ...more } };
}

const step = { step: 0, node: "a", attempt: 1, execution: 1 };
const events = [
  at(1, "run.requested"), at(2, "run.started"), at(3, "step.ready", step), at(4, "step.started", step),
  at(5, "step.delta", { ...step, offset: 0, text: "one 👍" }),
  at(6, "step.completed", { ...step, output: "one 👍", usage: { input_tokens: 3, output_tokens: 2 } }), at(7, "run.completed"),
];
const moment = (count: number) => fold(events.slice(0, count));

describe("what changed between two moments", () => {
  test("the run and its steps, each from what to what", () => {
    expect(changesBetween(moment(2), moment(7))).toEqual({
      run: { what: "status", before: "running", after: "completed" },
      steps: [{
        step: 0, node: "a", changes: [
          { what: "status", before: "pending", after: "completed" },
          { what: "attempt", before: 0, after: 1 },
          { what: "words", before: 0, after: 5 },
          { what: "tokens", before: 0, after: 5 },
        ],
      }],
    });
  });

  test("backwards it is the other way round", () => {
    expect(changesBetween(moment(5), moment(4)).steps[0]?.changes).toEqual([{ what: "words", before: 5, after: 0 }]);
  });

  test("the same moment changed nothing", () => {
    expect(changesBetween(moment(5), moment(5))).toEqual({ run: null, steps: [] });
  });
});
