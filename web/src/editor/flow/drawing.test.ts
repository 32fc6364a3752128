import { describe, expect, it } from "vitest";
import { known } from "../../api/json";
import { kindOf, readDrawing, renamedBranch, upstreamOf, waysLeft, waysOf, withData, withWays } from "./drawing";

describe("a drawing", () => {
  it.each(["__proto__", "constructor", "toString"])("calls a type by the name that it came with: %s", (type) => {
    expect(kindOf(type)).toBe(type);
    expect(known({ agent: 1 }, type)).toBeUndefined();
  });

  it("is what can be read of any JSON", () => {
    const nodes = [1, null, [], { id: 5 }, { id: "" }, { id: "a", type: 7, data: "x", position: { x: "1" } }, { id: "a", type: "note" }];
    expect(readDrawing({ nodes, edges: [null, "x", { source: "a" }, { source: "a", target: "gone" }, { source: "a", target: "a" }] })).toEqual({
      nodes: [{ id: "a", type: "default", label: "a", data: {}, place: null, group: null }],
      edges: [{ source: "a", target: "a", handle: null }],
    });
    const nothing = [null, [], 5, "x", { nodes: {} }, { nodes: 5 }, { nodes: [null, 1, { id: 5 }, { id: "" }], edges: [null, { source: 1 }] }];
    for (const each of nothing) expect(readDrawing(each)).toEqual({ nodes: [], edges: [] });
  });

  it("keeps all that nobody edits", () => {
    const flow = { nodes: [{ id: "a", data: { x: 1 }, width: 5 }, 7], edges: [], viewport: { zoom: 2 } };
    expect(withData(flow, new Map([["a", { x: 2 }]]))).toEqual({ nodes: [{ id: "a", data: { x: 2 }, width: 5 }, 7], edges: [], viewport: { zoom: 2 } });
  });

  it("tells what comes before a node", () => {
    expect([...upstreamOf(readDrawing({ nodes: [{ id: "a" }, { id: "b" }, { id: "c" }], edges: [{ source: "a", target: "b" }, { source: "b", target: "c" }] }), "c")].sort()).toEqual(["a", "b"]);
  });
});

describe("the edges of a condition", () => {
  const edges = [{ source: "pick", target: "a", sourceHandle: "yes", label: "kept" }, { source: "a", target: "b" }, { source: "pick", target: "b", sourceHandle: "else" }];

  it("go with a branch that is renamed", () => {
    expect(waysOf({ edges }).get("pick")).toEqual(["yes", "else"]);
    const now = withWays({ nodes: [], edges }, new Map([["pick", ["good", "else"]]]));
    expect(now.edges).toEqual([{ ...edges[0], sourceHandle: "good" }, edges[1], edges[2]]);
  });

  it("stay where others drew more of them", () => {
    expect(withWays({ edges }, new Map([["pick", ["good"]]])).edges).toEqual(edges);
  });

  it("go with a branch that is taken away", () => {
    const branches = (...names: string[]) => names.map((handle) => ({ handle }));
    const left = waysLeft(["yes", "else", "yes", "odd"], branches("yes", "no"), branches("no"));
    expect(left).toEqual([null, "else", null, "odd"]);
    expect(withWays({ edges }, new Map([["pick", [null, "else"]]])).edges).toEqual([edges[1], edges[2]]);
  });

  it("follow one new name that is nobody's else", () => {
    const branches = (...names: string[]) => names.map((handle) => ({ handle }));
    expect(renamedBranch(branches("yes", "no"), branches("good", "no"))).toEqual({ from: "yes", to: "good" });
    for (const after of [branches("no", "no"), branches("no"), branches("no", "yes"), branches("yes", "no"), branches("", "no"), null]) {
      expect(renamedBranch(branches("yes", "no"), after)).toBeNull();
    }
  });
});
