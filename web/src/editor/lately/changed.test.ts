import { describe, expect, it } from "vitest";
import type { Data } from "../../api/json";
import { readDrawing } from "../flow/drawing";
import { changedSince } from "./changed";

const nodes = (...all: [string, string, Data][]) => readDrawing({ nodes: all.map(([id, type, data]) => ({ id, type, data })) }).nodes;
const RAN = nodes(["poet", "agent", { instructions: "Write.", model: "a", max_turns: 3 }], ["tell", "template", { template: "{{input}}", odd: 1 }]);

describe("what was changed since a run", () => {
  it.each<[string, Data, boolean]>([
    ["the same in another order", { model: "a", max_turns: 3, instructions: "Write." }, false],
    ["another label", { instructions: "Write.", model: "a", max_turns: 3, label: "Poet" }, false],
    ["another text", { instructions: "Write!", model: "a", max_turns: 3 }, true],
    ["a setting that is gone", { instructions: "Write.", model: "a" }, true],
  ])("as it was drawn: %s", (_, data, isChanged) => {
    expect(changedSince(nodes(["poet", "agent", data]), RAN, true).has("poet")).toBe(isChanged);
  });

  it.each<[string, string, Data, boolean]>([
    ["what an agent has by default", "agent", { instructions: "Write." }, false],
    ["names of tools, which stand there with their definitions", "agent", { instructions: "Write.", tools: ["look"] }, false],
    ["another text", "agent", { instructions: "Write!" }, true],
    ["another type", "template", { instructions: "Write.", model: "a", max_turns: 3 }, true],
  ])("as it ran: %s", (_, type, data, isChanged) => {
    expect(changedSince(nodes(["poet", type, data]), RAN, false).has("poet")).toBe(isChanged);
  });

  it("is not of a node that was not there, and of no agent what it does not say any more", () => {
    expect([...changedSince(nodes(["new", "agent", {}], ["tell", "template", { template: "{{input}}" }]), RAN, false)]).toEqual(["tell"]);
  });
});
