// Boxes that lie on each other, and how they come apart.

import { type Box, WIDTH } from "./box";
import type { Place } from "./drawn";

const LEAST = { x: 16, y: 8 };
const CELL = { x: WIDTH + LEAST.x, y: 160 };
const SCALES = [1.25, 1.5, 2, 2.5, 3];
/** Of so many boxes one is moved by itself; where more lie on each other, all are spread. */
const FEW = 4;
const MOST_MOVED = 100;

/** The places with none on another: the few that are are moved down, else all are spread. Null where too many stay on others. */
export function apart(places: readonly Place[], boxes: readonly Box[]): readonly Place[] | null {
  const count = crowded(places, boxes);
  if (count === 0) return places;
  if (count * FEW <= boxes.length && count <= MOST_MOVED) return movedDown(places, boxes);
  for (const scale of SCALES) {
    const spread = scaled(places, scale);
    if (crowded(spread, boxes) === 0) return spread;
  }
  const spread = scaled(places, SCALES[1]!), left = crowded(spread, boxes);
  return left * 2 < boxes.length && left <= MOST_MOVED ? movedDown(spread, boxes) : null;
}

function scaled(places: readonly Place[], scale: number): readonly Place[] {
  return places.map(({ x, y }) => ({ x: x * scale, y: y * scale }));
}

function crowded(places: readonly Place[], boxes: readonly Box[]): number {
  const ground = new Ground();
  return fromTheTop(places, boxes).filter((box) => {
    const one = { ...places[box]!, height: boxes[box]!.height };
    const isOver = ground.under(one) !== undefined;
    if (!isOver) ground.add(one);
    return isOver;
  }).length;
}

function movedDown(places: readonly Place[], boxes: readonly Box[]): readonly Place[] {
  const ground = new Ground(), moved = [...places];
  for (const box of fromTheTop(places, boxes)) {
    let one = { ...places[box]!, height: boxes[box]!.height };
    for (let other; (other = ground.under(one)); ) one = { ...one, y: other.y + other.height + LEAST.y };
    ground.add(one);
    moved[box] = { x: one.x, y: one.y };
  }
  return moved;
}

function fromTheTop(places: readonly Place[], boxes: readonly Box[]): number[] {
  const solid = boxes.flatMap(({ isLoose }, box) => (isLoose ? [] : [box]));
  return solid.sort((a, b) => places[a]!.y - places[b]!.y || places[a]!.x - places[b]!.x);
}

interface Standing extends Place {
  readonly height: number;
}

// Where boxes stand, by the cells of a grid that they reach into.
class Ground {
  readonly #cells = new Map<string, Standing[]>();

  add(one: Standing): void {
    for (const cell of cellsOf(one)) {
      const known = this.#cells.get(cell);
      if (known) known.push(one);
      else this.#cells.set(cell, [one]);
    }
  }

  /** One that this lies on. */
  under(one: Standing): Standing | undefined {
    for (const cell of cellsOf(one)) {
      const found = this.#cells.get(cell)?.find((other) => areOver(one, other));
      if (found) return found;
    }
    return undefined;
  }
}

function areOver(a: Standing, b: Standing): boolean {
  return Math.abs(a.x - b.x) < CELL.x && a.y < b.y + b.height + LEAST.y && b.y < a.y + a.height + LEAST.y;
}

function cellsOf({ x, y, height }: Standing): string[] {
  const cells: string[] = [];
  const last = { x: Math.floor((x + CELL.x) / CELL.x), y: Math.floor((y + height + LEAST.y) / CELL.y) };
  for (let column = Math.floor(x / CELL.x); column <= last.x; column++) {
    for (let row = Math.floor(y / CELL.y); row <= last.y; row++) cells.push(`${column},${row}`);
  }
  return cells;
}
