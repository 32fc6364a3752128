import { describe, expect, it } from "vitest";
import { foreignTypes, likely, pasted, translated } from "./foreign";
import { bodyOf, EMPTY } from "./runForm";
import { STARTERS } from "./starters";

describe("what is pasted", () => {
  it.each([
    ["", "nothing"], ["{", "wrong"], ["5", "wrong"], ["null", "wrong"], ["[]", "wrong"], ['{"a": 1}', "wrong"], ['{"nodes": []}', "wrong"],
    ['{"nodes": [{}]}', "flow"], ['{"data": {"nodes": [{}], "edges": []}}', "flow"], ['{"kind": "pipeline", "format": 1, "name": "x"}', "export"],
  ])("%s is %s", (text, kind) => {
    expect(pasted(text).kind).toBe(kind);
  });

  it("has its foreign types told, and made into ours", () => {
    const flow = { nodes: [{ id: "a", type: "llmNode", data: { prompt: "Say it." } }, { id: "b", type: "agent" }, { id: "c" }, 5], edges: [] };
    expect([...foreignTypes(flow)]).toEqual([["llmNode", 1], ["default", 1]]);
    expect(likely("llmNode")).toBe("agent");
    expect(translated(flow, new Map([["llmNode", "agent"]])).nodes).toEqual([
      { id: "a", type: "agent", data: { prompt: "Say it.", instructions: "Say it." } }, { id: "b", type: "agent" }, { id: "c" }, 5,
    ]);
  });
});

describe("the body of a run", () => {
  it("says no more than was filled in", () => {
    expect(bodyOf("p", EMPTY, ["audience"])).toEqual({ pipeline_id: "p", input: "" });
    expect(bodyOf("p", { ...EMPTY, variables: { audience: "", old: "x" }, tags: "a, b", deadline: 60, priority: "batch" }, ["audience"])).toEqual({
      pipeline_id: "p", input: "", variables: { audience: "" }, tags: ["a", "b"], limits: { deadline_seconds: 60 }, priority: "batch",
    });
  });
});

it("there are five starters, each with an example to run on", () => {
  expect(STARTERS).toHaveLength(5);
  for (const starter of STARTERS) expect(starter.input && starter.about && starter.flow.nodes.length).toBeTruthy();
});
