import { describe, expect, it } from "vitest";
import { kindOf, known, readDrawing } from "./drawing";

describe("a drawing", () => {
  it.each(["__proto__", "constructor", "toString"])("calls a type by the name that it came with: %s", (type) => {
    expect(kindOf(type)).toBe(type);
    expect(known({ agent: 1 }, type)).toBeUndefined();
  });

  it("is what can be read of any JSON", () => {
    const nodes = [1, null, [], { id: 5 }, { id: "" }, { id: "a", type: 7, data: "x", position: { x: "1" } }, { id: "a", type: "note" }];
    expect(readDrawing({ nodes, edges: [null, "x", { source: "a" }, { source: "a", target: "gone" }, { source: "a", target: "a" }] })).toEqual({
      nodes: [{ id: "a", type: "default", label: "a", data: {}, position: null }],
      edges: [{ source: "a", target: "a", handle: null }],
    });
    for (const nothing of [null, [], 5, "x", { nodes: {} }]) expect(readDrawing(nothing)).toEqual({ nodes: [], edges: [] });
  });
});
