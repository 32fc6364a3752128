// Where the boxes of a flow stand, in the editor and on a run's page alike: where people drew them, if
// they drew most of them, moved until none lies on another; else from left to right, or down.

import { apart } from "./apart";
import { type Box, WIDTH } from "./box";
import type { Place } from "./drawn";

export const APART = { x: 72, y: 28, down: 52 };
const ROW_APART = 200;
const LEAST_GRID = 9;

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
  const drawn = isArranged ? null : placesOf(boxes);
  const places = drawn && apart(drawn, boxes);
  return places && { places, isDown: goesDown(places, lines), isDrawn: true };
}

/** Whether people placed half of them or more. */
export function arePlaced(boxes: readonly Box[]): boolean {
  return boxes.filter(({ place }) => place).length * 2 >= boxes.length && !isGrid(boxes);
}

/** What has no place stands in a row below the others; null where people placed too few. */
function placesOf(boxes: readonly Box[]): readonly Place[] | null {
  if (!arePlaced(boxes)) return null;
  const placed = boxes.flatMap(({ place }) => place ?? []);
  const left = placed.reduce((least, { x }) => Math.min(least, x), Infinity), below = placed.reduce((most, { y }) => Math.max(most, y), -Infinity) + ROW_APART;
  let n = 0;
  return boxes.map(({ place }) => place ?? { x: left + n++ * (WIDTH + APART.x), y: below });
}

// Row by row in the order of the nodes: so programs fill in places that nobody drew.
function isGrid(boxes: readonly Box[]): boolean {
  const first = boxes[0]?.place, second = boxes[1]?.place;
  const columns = boxes.findIndex(({ place }) => place?.y !== first?.y), next = boxes[columns]?.place;
  if (boxes.length < LEAST_GRID || columns < 2 || !first || !second || !next) return false;
  return boxes.every(({ place }, n) => place?.x === first.x + (n % columns) * (second.x - first.x) && place.y === first.y + Math.floor(n / columns) * (next.y - first.y));
}

// By where its lines lead all in all: what fans out leads as far up as down.
function goesDown(places: readonly Place[], lines: readonly Line[]): boolean {
  let right = 0, down = 0;
  for (const { from, to } of lines) {
    const a = places[from], b = places[to];
    if (a && b) { right += (b.x - a.x) / WIDTH; down += (b.y - a.y) / 100; }
  }
  return Math.abs(down) > Math.abs(right) * 1.5;
}
