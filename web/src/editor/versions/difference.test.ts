import { expect, test } from "vitest";
import { drawnDifference, type FlowDiff } from "./difference";

const NONE = { added: [], removed: [], changed: [] };

test("a version stands where the pipeline is drawn now, with what it took away", () => {
  const now = { nodes: [{ id: "room", type: "group", position: { x: 100, y: 0 } }, { id: "a", parentId: "room", position: { x: 5, y: 5 } }, { id: "b", position: { x: 0, y: 500 } }] };
  const diff = { nodes: { ...NONE, removed: [{ id: "gone", type: "agent", position: { x: 3, y: 3 } }] }, edges: NONE, is_reordered: false } as unknown as FlowDiff;
  const { drawing, changes } = drawnDifference(diff, { nodes: [{ id: "a", data: { x: 1 } }, { id: "b", position: { x: 9, y: 9 } }], edges: [] }, now);
  expect(drawing.nodes.map(({ id, place, group }) => [id, place, group])).toEqual([["a", { x: 105, y: 5 }, "room"], ["b", { x: 0, y: 500 }, null], ["gone", { x: 3, y: 3 }, null]]);
  expect(drawing.nodes[0]!.data).toEqual({ x: 1 });
  expect([...changes]).toEqual([["gone", "removed"]]);
});
