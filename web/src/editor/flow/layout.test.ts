import { describe, expect, it } from "vitest";
import { type Drawing, readDrawing, upstreamOf, withData } from "./drawing";
import { inColumns, isPlaced, laidOut } from "./layout";

function chain(length: number): Drawing {
  const nodes = Array.from({ length }, (_, at) => ({ id: `n${at}`, type: "agent", data: {} }));
  return readDrawing({ nodes, edges: nodes.slice(1).map((node, at) => ({ source: `n${at}`, target: node.id })) });
}

describe("a layout", () => {
  it("leads from left to right", () => {
    const places = laidOut(chain(3));
    expect(places.get("n0")!.x).toBeLessThan(places.get("n1")!.x);
    expect(places.get("n1")!.x).toBeLessThan(places.get("n2")!.x);
  });

  it("has a place for each of 5,000 nodes, and for nodes in a circle", () => {
    const places = laidOut(chain(5_000));
    expect(places.size).toBe(5_000);
    expect(new Set([...places.values()].map(({ x, y }) => `${x},${y}`)).size).toBe(5_000);
    const circle = readDrawing({ nodes: [{ id: "a" }, { id: "b" }], edges: [{ source: "a", target: "b" }, { source: "b", target: "a" }] });
    expect(inColumns(circle).size).toBe(2);
    expect(laidOut(circle).size).toBe(2);
  });

  it("is that of the drawing where people made one", () => {
    expect(isPlaced(chain(2))).toBe(false);
    expect(isPlaced(readDrawing({ nodes: [{ id: "a", position: { x: 0, y: 0 } }, { id: "b", position: { x: 9, y: 0 } }] }))).toBe(true);
    expect(isPlaced(readDrawing({ nodes: [{ id: "a", position: { x: 0, y: 0 } }, { id: "b", position: { x: 0, y: 0 } }] }))).toBe(false);
  });
});

describe("a drawing", () => {
  it("is read from anything", () => {
    for (const odd of [null, 5, "x", [], { nodes: 5 }, { nodes: [null, 1, { id: 5 }, { id: "" }], edges: [null, { source: 1 }] }]) {
      expect(readDrawing(odd)).toEqual({ nodes: [], edges: [] });
    }
    expect(readDrawing({ nodes: [{ id: "a", data: 5 }, { id: "a" }], edges: [{ source: "a", target: "gone" }] }).nodes).toHaveLength(1);
  });

  it("keeps all that nobody edits", () => {
    const flow = { nodes: [{ id: "a", data: { x: 1 }, width: 5 }, 7], edges: [], viewport: { zoom: 2 } };
    expect(withData(flow, new Map([["a", { x: 2 }]]))).toEqual({ nodes: [{ id: "a", data: { x: 2 }, width: 5 }, 7], edges: [], viewport: { zoom: 2 } });
  });

  it("tells what comes before a node", () => {
    expect([...upstreamOf(chain(3), "n2")].sort()).toEqual(["n0", "n1"]);
  });
});
