import { describe, expect, test } from "vitest";
import { axisOf, ticks } from "./axis";

const H = 3_600_000;

describe("the axis", () => {
  const gap = { from: 4000, to: 2 * H };
  const axis = axisOf({ from: 0, to: 2 * H + 4000 }, [gap], 852);

  test("a folded gap takes few pixels, and the rest is to scale", () => {
    expect(axis.pieces.map(({ left, right, isFolded }) => [left, right, isFolded])).toEqual([
      [0, 400, false], [400, 452, true], [452, 852, false],
    ]);
    expect(axis.place(2000)).toBe(200);
    expect(axis.place(2 * H + 2000)).toBe(652);
  });

  test("what stands at a place has that time, at the edges too", () => {
    for (const time of [0, 1000, 4000, H, 2 * H, 2 * H + 4000]) expect(axis.timeAt(axis.place(time))).toBeCloseTo(time, 3);
    expect(axis.place(-5)).toBe(0);
    expect(axis.place(9 * H)).toBe(852);
  });

  test("a chosen range is all there is to see", () => {
    const near = axisOf({ from: 1000, to: 2000 }, [gap], 100);
    expect(near.pieces).toHaveLength(1);
    expect(near.timeAt(50)).toBe(1500);
  });

  test("many gaps never take more than half", () => {
    const gaps = Array.from({ length: 100 }, (_, at) => ({ from: at * 100 + 10, to: at * 100 + 90 }));
    const { pieces } = axisOf({ from: 0, to: 10_000 }, gaps, 400);
    expect(pieces.filter((each) => !each.isFolded).reduce((sum, each) => sum + each.right - each.left, 0)).toBeCloseTo(200);
  });

  test("a run of no length has an axis", () => {
    expect(axisOf({ from: 7, to: 7 }, [], 100).place(7)).toBe(0);
  });

  test("time stamps are round, far enough apart, and none within a fold", () => {
    const found = ticks(axis, 0);
    expect(found.slice(0, 4).map(({ time }) => time)).toEqual([0, 1000, 2000, 3000]);
    expect(found.some(({ time }) => time > 4000 && time < 2 * H)).toBe(false);
    found.slice(1).forEach((tick, at) => expect(tick.x - found[at]!.x).toBeGreaterThan(40));
  });
});
