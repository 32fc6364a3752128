import { describe, expect, test } from "vitest";
import { fold, type RunEvent, type RunView } from "../../log/index";
import { dearer, outcomesOf, pairsOf } from "./steps";

function told(...facts: [type: string, step: number, node: string, more?: Record<string, unknown>][]) {
  const events: RunEvent[] = facts.map(([type, step, node, more], at) => ({
    id: at + 1,
    data: { type, version: 1, at: "2030-01-01T00:00:00Z", workspace: "w", run: "r", step, node, attempt: 1, ...more },
  }));
  return { view: fold(events), outcomes: outcomesOf(events), nodes: new Set(facts.map(([, , node]) => node)) };
}

function over<T extends { view: RunView }>(run: T): T {
  return { ...run, view: { ...run.view, phase: "completed" } };
}

const done = (sha: string, more = {}) => ({ output: "", output_sha256: sha, ...more });

describe("two runs of one ancestry", () => {
  test("each step is kept, the same, changed, new or missing", () => {
    const child = over(told(
      ["step.completed", 0, "kept", done("a", { kept: true })], ["step.completed", 1, "same", done("b")],
      ["step.completed", 2, "changed", done("c")], ["step.completed", 3, "new", done("d")], ["step.ready", 4, "later"],
    ));
    const parent = told(
      ["step.completed", 0, "kept", done("a")], ["step.completed", 1, "same", done("b")],
      ["step.completed", 2, "changed", done("x")], ["step.completed", 3, "missing", done("d")], ["step.completed", 4, "later", done("")],
    );
    expect(pairsOf(child, parent).map(({ node, verdict }) => [node, verdict])).toEqual([
      ["kept", "kept"], ["same", "same"], ["changed", "changed"], ["new", "new"], ["later", "changed"], ["missing", "missing"],
    ]);
  });

  test("what a live run has not done yet is neither changed nor missing", () => {
    const child = told(["step.completed", 0, "a", done("a")], ["step.ready", 1, "b"]);
    const parent = over(told(["step.completed", 0, "a", done("a")], ["step.completed", 1, "b", done("b")], ["step.completed", 2, "c", done("c")]));
    const verdicts = pairsOf({ ...child, nodes: new Set(["a", "b", "c"]) }, parent).map(({ verdict }) => verdict);
    expect(verdicts).toEqual(["same", "open", "open"]);
  });

  test("an unknown cost makes no difference that is known", () => {
    expect(dearer("0.000036", "0.000030")).toBe(0.000006);
    expect(dearer(null, "0.1")).toBeNull();
  });
});
