import { describe, expect, it } from "vitest";
import { asDrawn } from "../../flow/layout";
import { readDrawing } from "./drawing";
import { placesOf, toLay } from "./usePlaces";

function placed(nodes: unknown[], edges: unknown[] = []) {
  const drawing = readDrawing({ nodes, edges });
  return placesOf(drawing, asDrawn(toLay(drawing))!);
}

describe("the places of a drawing", () => {
  it("have groups around what was drawn in them, and groups in those", () => {
    const places = placed([
      { id: "outer", type: "group", position: { x: 1_000, y: 1_000 } },
      { id: "inner", type: "group", parentId: "outer", position: { x: 0, y: 0 } },
      { id: "a", type: "agent", parentId: "inner", position: { x: 10, y: 10 } },
      { id: "b", type: "agent", parentId: "outer", position: { x: 400, y: 10 } },
    ]);
    expect(places.get("a")).toEqual({ x: 1_010, y: 1_010, width: 224, height: 64 });
    expect(places.get("inner")).toEqual({ x: 990, y: 954, width: 264, height: 140 });
    expect(places.get("outer")).toEqual({ x: 970, y: 898, width: 674, height: 216 });
  });

  it("have a card for a group of nothing, and for groups that are in each other", () => {
    const places = placed([{ id: "alone", type: "group", position: { x: 5, y: 5 } }, { id: "a", type: "group", parentId: "b", position: { x: 0, y: 0 } }, { id: "b", type: "group", parentId: "a", position: { x: 0, y: 0 } }]);
    expect([...places.values()].map(({ width }) => width)).toEqual([224, 224, 224]);
  });

  it("leave a step as large as it is where another says that it is in it", () => {
    const places = placed([{ id: "a", type: "agent", position: { x: 0, y: 0 } }, { id: "b", type: "agent", parentId: "a", position: { x: 400, y: 0 } }]);
    expect(places.get("a")).toEqual({ x: 0, y: 0, width: 224, height: 64 });
  });

  it("have room for the ways out of a condition", () => {
    const [plain, condition] = ["agent", "condition"].map((type) => placed([{ id: "a", type, position: { x: 0, y: 0 }, data: { branches: [{ handle: "yes" }] } }]).get("a")!);
    expect(condition!.height - plain!.height).toBe(44);
  });
});
