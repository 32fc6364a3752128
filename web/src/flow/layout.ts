// Where the boxes of a flow stand, in the editor and on a run's page alike: where people drew them, if
// they drew most of them, spread until none lies on another; else from left to right, or down.

import type { Place } from "./drawn";

export const WIDTH = 224;
export const APART = { x: 72, y: 28, down: 52 };
const LEAST_APART = { x: 16, y: 8 };
const ROW_APART = 200;
const SCALES = [1, 1.25, 1.5, 2, 2.5, 3];

export interface Box {
  readonly height: number;
  /** Where it was drawn; null where nobody said. */
  readonly place: Place | null;
  /** Whether it may lie on others, as notes and groups do. */
  readonly isLoose?: boolean;
}

/** A way from one box to another, each by its number. */
export interface Line {
  readonly from: number;
  readonly to: number;
}

export interface ToLay {
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
  /** How much wider than high the place to show it is; null: it may only lead to the right. */
  readonly aspect: number | null;
  /** Whether it is laid out wherever people drew it. */
  readonly isArranged: boolean;
}

export interface Laid {
  /** The upper left corner of each box, by its number. */
  readonly places: readonly Place[];
  /** Whether the flow goes down rather than to the right. */
  readonly isDown: boolean;
  /** Whether people drew it so. */
  readonly isDrawn: boolean;
}

/** As people drew it; null where they did not, or not so that it can be seen, or it is not asked for. */
export function asDrawn({ boxes, lines, isArranged }: ToLay): Laid | null {
  const places = isArranged ? null : placesOf(boxes);
  if (!places) return null;
  for (const scale of SCALES) {
    const scaled = places.map(({ x, y }) => ({ x: x * scale, y: y * scale }));
    if (areApart(scaled, boxes)) return { places: scaled, isDown: goesDown(scaled, lines), isDrawn: true };
  }
  return null;
}

/** What has no place stands in a row below the others; null where that is more than half of them. */
function placesOf(boxes: readonly Box[]): readonly Place[] | null {
  const placed = boxes.flatMap(({ place }) => place ?? []);
  if (placed.length * 2 < boxes.length) return null;
  const left = placed.reduce((least, { x }) => Math.min(least, x), Infinity), below = placed.reduce((most, { y }) => Math.max(most, y), -Infinity) + ROW_APART;
  let n = 0;
  return boxes.map(({ place }) => place ?? { x: left + n++ * (WIDTH + APART.x), y: below });
}

function areApart(places: readonly Place[], boxes: readonly Box[]): boolean {
  const solid = places.flatMap(({ x, y }, n) => (boxes[n]!.isLoose ? [] : [{ x, y, height: boxes[n]!.height }])).sort((a, b) => a.x - b.x || a.y - b.y);
  return solid.every((box, n) => {
    for (let m = n + 1, next; (next = solid[m]) && next.x - box.x < WIDTH + LEAST_APART.x; m++) {
      const [upper, lower] = box.y < next.y ? [box, next] : [next, box];
      if (lower.y - upper.y < upper.height + LEAST_APART.y) return false;
    }
    return true;
  });
}

function goesDown(places: readonly Place[], lines: readonly Line[]): boolean {
  let right = 0, down = 0;
  for (const { from, to } of lines) {
    const a = places[from], b = places[to];
    if (a && b) { right += Math.abs(b.x - a.x) / WIDTH; down += Math.abs(b.y - a.y) / 100; }
  }
  return down > right * 1.5;
}
