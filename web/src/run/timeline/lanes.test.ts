import { describe, expect, test } from "vitest";
import { type LaneRow, lanesOf, MOST_LANES, type Outlined } from "./lanes";

function flow(...after: number[][]): Outlined[] {
  return after.map((each, step) => ({ step, after: each }));
}

const lanes = (rows: LaneRow[]) => rows.map(({ lane }) => lane);

describe("lanes", () => {
  test("a step that goes on alone stays in its lane", () => {
    const rows = lanesOf(flow([], [0], [1]));
    expect(lanes(rows)).toEqual([0, 0, 0]);
    expect(rows[1]).toEqual({ lane: 0, passing: [], from: [0], to: [0] });
  });

  test("branches leave to the right and a merge comes back", () => {
    const rows = lanesOf(flow([], [0], [0], [0], [1, 2, 3]));
    expect(lanes(rows)).toEqual([0, 0, 1, 2, 0]);
    expect(rows[0]!.to).toEqual([0, 1, 2]);
    expect(rows[1]!.passing).toEqual([1, 2]);
    expect(rows[4]!.from).toEqual([0, 1, 2]);
    expect(rows[4]!.to).toEqual([]);
  });

  test("a lane that came back is used again", () => {
    const rows = lanesOf(flow([], [0], [0], [1, 2], [3], [3], [4, 5]));
    expect(lanes(rows)).toEqual([0, 0, 1, 0, 0, 1, 0]);
  });

  test("a link past steps that go on in its lane takes a way of its own", () => {
    const rows = lanesOf(flow([], [0], [1], [2, 0]));
    expect(lanes(rows)).toEqual([0, 0, 0, 0]);
    expect(rows[1]!.passing).toEqual([1]);
    expect(rows[2]!.passing).toEqual([1]);
    expect(rows[3]!.from).toEqual([0, 1]);
  });

  test("steps that nothing leads to begin a lane, and none is left open behind the end", () => {
    const rows = lanesOf(flow([], [], [0], [1]));
    expect(lanes(rows)).toEqual([0, 1, 0, 1]);
    expect(rows[3]).toEqual({ lane: 1, passing: [], from: [1], to: [] });
  });

  test("a thousand branches are drawn in few lanes", () => {
    const branches = Array.from({ length: 1000 }, () => [0]);
    const rows = lanesOf(flow([], ...branches, Array.from({ length: 1000 }, (_, at) => at + 1)));
    expect(Math.max(...lanes(rows))).toBe(MOST_LANES - 1);
    expect(rows.at(-1)!.from).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("what names no step, or one that comes later, is passed over", () => {
    expect(lanes(lanesOf(flow([7, 1], [0])))).toEqual([0, 0]);
  });
});
