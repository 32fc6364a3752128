import { describe, expect, it } from "vitest";
import { boundsOf } from "../../flow/groups";
import type { Card } from "./FlowNode";
import { inSight } from "./inSight";

const AT: [string, number, number][] = [["here", 100, 100], ["edge", -150, 0], ["left", -5_000, 500], ["right", 9_000, 500], ["above", 0, -5_000], ["far", 9_000, 9_000]];
const places = new Map(AT.map(([id, x, y]) => [id, { x, y, width: 224, height: 200 }]));
const cards = AT.map(([id, x, y]) => ({ id, position: { x, y } }) as Card);
const edge = (source: string, target: string) => ({ id: `${source}-${target}`, source, target });
const AREA = { x: 0, y: 0, width: 1_000, height: 1_000 };

describe("what is in sight of a flow", () => {
  it("is the cards there, and edges that pass through with their ends", () => {
    const found = inSight(cards, [edge("left", "right"), edge("right", "far"), edge("here", "above")], places, AREA);
    expect(found.nodes.map(({ id }) => id)).toEqual(["here", "edge", "left", "right", "above"]);
    expect(found.edges.map(({ id }) => id)).toEqual(["left-right", "here-above"]);
  });

  it("is told of all by its bounds", () => {
    expect(boundsOf(places.values())).toEqual({ x: -5_000, y: -5_000, width: 14_224, height: 14_200 });
  });
});
