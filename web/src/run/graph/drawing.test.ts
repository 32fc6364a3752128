import { describe, expect, test } from "vitest";
import { drawingOf } from "./drawing";
import { groupsOf } from "./groups";
import { nextStep } from "./walk";

describe("the drawing", () => {
  const outline = {
    run_id: "r", pipeline_id: null, pipeline_name: null, flow: "f", results: [1],
    steps: [
      { step: 0, node: "a", kind: "input", label: null, after: [] },
      { step: 1, node: "b", kind: "agent", label: "B", after: [{ step: 0, branch: "yes" }] },
    ],
  };

  test("has places, data, and which step leads where", () => {
    const drawn = { nodes: [{ id: "b", type: "agent", position: { x: 105, y: 15 }, data: { instructions: "x" } }] };
    const { steps, before, channels } = drawingOf(outline, drawn);
    expect(steps[1]).toMatchObject({ label: "B", place: { x: 105, y: 15 }, data: { instructions: "x" } });
    expect(steps[0]).toMatchObject({ label: "a", place: null, data: null });
    expect(before).toEqual([[1], []]);
    expect(channels).toEqual([{ from: 0, to: 1, branch: "yes" }]);
  });

  test.each([[null], [{ nodes: 5 }], [{ nodes: [null, 3, { id: 5 }] }]])("of what is no drawing has the steps all the same: %j", (drawn) => {
    expect(drawingOf(outline, drawn as Record<string, unknown> | null).steps.map(({ data }) => data)).toEqual([null, null]);
  });

  test("has the groups that the pipeline was drawn with around its steps, the outer ones first", () => {
    const drawn = { nodes: [
      { id: "inner", type: "group", parentId: "outer", position: { x: 0, y: 0 } },
      { id: "outer", type: "group", position: { x: 500, y: 0 }, data: { label: "All of it" } },
      { id: "b", type: "agent", parentId: "inner", position: { x: 0, y: 0 } }, { id: "a", type: "input", position: { x: 0, y: 0 } },
    ] };
    const drawing = drawingOf(outline, drawn), { steps } = drawing;
    expect(steps.map(({ place }) => place)).toEqual([{ x: 0, y: 0 }, { x: 500, y: 0 }]);
    const laid = { places: [{ x: 0, y: 0 }, { x: 500, y: 0 }], isDown: false, isDrawn: true };
    expect(groupsOf(drawing, laid)).toEqual([
      { label: "All of it", area: { x: 460, y: -112, width: 304, height: 252 } }, { label: "inner", area: { x: 480, y: -56, width: 264, height: 176 } },
    ]);
    expect(groupsOf(drawing, { ...laid, isDrawn: false })).toEqual([]);
  });

  test("is walked by the arrow keys", () => {
    const drawing = drawingOf(outline, null);
    const places = { places: [{ x: 0, y: 0 }, { x: 400, y: 0 }], isDown: false, isDrawn: false };
    expect(nextStep("ArrowRight", null, places, drawing)).toBe(0);
    expect(nextStep("ArrowRight", 0, places, drawing)).toBe(1);
    expect(nextStep("ArrowLeft", 1, places, drawing)).toBe(0);
    expect(nextStep("ArrowRight", 1, places, drawing)).toBeNull();
    expect(nextStep("a", 0, places, drawing)).toBeNull();
    const turned = { ...places, places: places.places.toReversed() };
    expect(nextStep("ArrowRight", 0, turned, drawing)).toBeNull();
    expect(nextStep("ArrowLeft", 0, turned, drawing)).toBe(1);
    expect(nextStep("ArrowRight", 1, turned, drawing)).toBe(0);
  });
});
