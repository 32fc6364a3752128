import { describe, expect, test } from "vitest";
import { byDagre } from "./byDagre";
import { drawingOf } from "./drawing";
import { HEIGHT, laid, layered, spread, WIDTH } from "./layout";
import { nextStep } from "./walk";

function chain(places: ({ x: number; y: number } | null)[]) {
  return places.map((place, step) => ({ step, place, after: step ? [step - 1] : [] }));
}

describe("a layout", () => {
  test("keeps what people drew, and spreads what lies on each other", () => {
    expect(spread(chain([{ x: 0, y: 0 }, { x: 400, y: 0 }]))).toEqual([{ x: 0, y: 0 }, { x: 400, y: 0 }]);
    const [first, second] = spread(chain([{ x: 0, y: 0 }, { x: 150, y: 0 }]))!;
    expect(second!.x - first!.x).toBeGreaterThanOrEqual(WIDTH);
    expect(spread(chain([{ x: 0, y: 0 }, { x: 0, y: 0 }]))).toBeNull();
    expect(spread(chain([{ x: 0, y: 0 }, null]))).toBeNull();
  });

  test("goes down where there is more room below, and none lies on another", () => {
    const steps = chain(Array.from({ length: 9 }, () => null));
    const channels = steps.slice(1).map(({ step }) => ({ from: step - 1, to: step, branch: null }));
    const { places, isDown } = laid(steps, channels, byDagre, 1.25);
    expect(isDown).toBe(true);
    expect(places.slice(1).every((place, n) => place.y - places[n]!.y >= HEIGHT)).toBe(true);
  });

  test("of thousands of steps takes no time to speak of, each in a place of its own", () => {
    const steps = Array.from({ length: 5_000 }, (_, step) => ({ step, place: null, after: step ? [Math.floor(step / 3)] : [] }));
    const places = layered(steps);
    expect(new Set(places.map(({ x, y }) => `${x},${y}`)).size).toBe(5_000);
  });
});

describe("the drawing", () => {
  const outline = {
    run_id: "r", pipeline_id: null, pipeline_name: null, flow: "f", results: [1],
    steps: [
      { step: 0, node: "a", kind: "input", label: null, after: [] },
      { step: 1, node: "b", kind: "agent", label: "B", after: [{ step: 0, branch: "yes" }] },
    ],
  };

  test("has places within groups, data, and which step leads where", () => {
    const drawn = { nodes: [
      { id: "g", type: "group", position: { x: 100, y: 10 } },
      { id: "b", type: "agent", parentId: "g", position: { x: 5, y: 5 }, data: { instructions: "x" } },
    ] };
    const { steps, before, channels } = drawingOf(outline, drawn);
    expect(steps[1]).toMatchObject({ label: "B", place: { x: 105, y: 15 }, data: { instructions: "x" } });
    expect(steps[0]).toMatchObject({ label: "a", place: null, data: null });
    expect(before).toEqual([[1], []]);
    expect(channels).toEqual([{ from: 0, to: 1, branch: "yes" }]);
  });

  test.each([[null], [{ nodes: 5 }], [{ nodes: [null, 3, { id: "b", position: { x: "no" } }] }], [{ nodes: [{ id: "b", parentId: "b", position: { x: 1e99, y: 0 } }] }]])(
    "of what is no drawing has the steps all the same: %j", (drawn) => {
      expect(drawingOf(outline, drawn as Record<string, unknown> | null).steps.map(({ place }) => place)).toEqual([null, null]);
    });

  test("is walked by the arrow keys", () => {
    const drawing = drawingOf(outline, null);
    const places = { places: [{ x: 0, y: 0 }, { x: 400, y: 0 }], isDown: false };
    expect(nextStep("ArrowRight", null, places, drawing)).toBe(0);
    expect(nextStep("ArrowRight", 0, places, drawing)).toBe(1);
    expect(nextStep("ArrowLeft", 1, places, drawing)).toBe(0);
    expect(nextStep("ArrowRight", 1, places, drawing)).toBeNull();
    expect(nextStep("a", 0, places, drawing)).toBeNull();
  });
});
