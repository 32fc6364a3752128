import { describe, expect, it } from "vitest";
import { readDrawing } from "./drawing";
import { holesIn, judge, namesFor, offersFor, variablesOf } from "./placeholders";

const FLOW = readDrawing({
  nodes: [
    { id: "in", type: "input" },
    { id: "judge", type: "agent", data: { instructions: "For {{audience}}.", output_schema: { properties: { score: {} } } } },
    { id: "tell", type: "template", data: { template: "{{nodes.judge.json.score}} {{variables.mode}}" } },
    { id: "late", type: "agent", data: { instructions: "x" } },
  ],
  edges: [{ source: "in", target: "judge" }, { source: "judge", target: "tell" }, { source: "tell", target: "late" }],
});

describe("placeholders", () => {
  const names = namesFor(FLOW, "tell", "template");

  it.each([
    ["input", "input"], ["input.json.a.0", "input"], ["variables.mode", "variable"], ["nodes.judge.output", "node"],
    ["nodes.judge.json.score", "node"], ["nodes.late.output", "later-node"], ["nodes.nobody.output", "unknown-node"],
    ["mode", "unknown"], ["a + b", "text"],
  ])("in a template %s is %s", (name, verdict) => {
    expect(judge(name, names)).toBe(verdict);
  });

  it.each([["audience", "variable"], ["variables.audience", "variable"], ["input", "input-as-variable"], ["nodes.judge.output", "text"]])(
    "in instructions %s is %s", (name, verdict) => {
      expect(judge(name, namesFor(FLOW, "judge", "instructions"))).toBe(verdict);
    });

  it("are the variables of the run", () => {
    expect(variablesOf(FLOW)).toEqual(["audience", "mode"]);
  });

  it("are offered with paths into typed answers", () => {
    expect(offersFor(names, FLOW).map((each) => each.text)).toEqual(["input", "nodes.in.output", "nodes.judge.output", "nodes.judge.json.score", "variables.audience", "variables.mode"]);
  });

  it("are found in two megabytes, and no more than so many", () => {
    const text = "word ".repeat(400_000) + "{{audience}}" + "{{".repeat(1000);
    expect(holesIn(text)).toEqual([{ from: 2_000_000, to: 2_000_012, name: "audience" }]);
    expect(holesIn("{{a}}".repeat(20), 5)).toHaveLength(5);
  });
});
