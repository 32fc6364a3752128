// Where each step stands. Where people drew it, if they drew all of them, spread until none lies on
// another; else from left to right: by dagre, or in plain layers where there are too many for it.

import type { Channel, Place, StepNode } from "./drawing";

export const WIDTH = 224;
export const HEIGHT = 100;
const MOST_FOR_DAGRE = 400;
const MOST_TO_SPREAD = 500;
export const APART = { x: 72, y: 28, down: 52 };
const SCALES = [1, 1.25, 1.5, 2, 2.5, 3];

export interface Laid {
  readonly places: readonly Place[];
  /** Whether the flow goes down rather than to the right. */
  readonly isDown: boolean;
}

export type ToLay = Pick<StepNode, "step" | "place" | "after">;

/** Finds places for steps, from left to right or from the top down. */
export type Arrange = (steps: readonly ToLay[], channels: readonly Channel[], to: "LR" | "TB") => readonly Place[];

/** As people drew it; null where they did not, or not so that it can be seen. */
export function asDrawn(steps: readonly ToLay[], channels: readonly Channel[]): Laid | null {
  const places = spread(steps);
  return places && { places, isDown: goesDown(places, channels) };
}

/** A place for every step, by its number; `aspect` is how much wider than high the place to show it is. */
export function laid(steps: readonly ToLay[], channels: readonly Channel[], arrange: Arrange, aspect = 1.25): Laid {
  const drawn = asDrawn(steps, channels);
  if (drawn) return drawn;
  if (steps.length > MOST_FOR_DAGRE) return { places: layered(steps), isDown: false };
  const right = arrange(steps, channels, "LR"), down = arrange(steps, channels, "TB");
  return room(down, aspect) < room(right, aspect) * 0.8 ? { places: down, isDown: true } : { places: right, isDown: false };
}

// How much must be seen at once, in width.
function room(places: readonly Place[], aspect: number): number {
  const width = Math.max(...places.map(({ x }) => x)) - Math.min(...places.map(({ x }) => x)) + WIDTH;
  const height = Math.max(...places.map(({ y }) => y)) - Math.min(...places.map(({ y }) => y)) + HEIGHT;
  return Math.max(width, height * aspect);
}

/** As people drew them, or null where one has no place, or they lie on each other however far apart. */
export function spread(steps: readonly ToLay[]): readonly Place[] | null {
  const places = steps.map(({ place }) => place).filter((place) => place !== null);
  if (places.length < steps.length || steps.length > MOST_TO_SPREAD) return null;
  for (const scale of SCALES) {
    const scaled = places.map(({ x, y }) => ({ x: x * scale, y: y * scale }));
    if (!scaled.some((a, n) => scaled.some((b, m) => m > n && areOver(a, b)))) return scaled;
  }
  return null;
}

function areOver(a: Place, b: Place): boolean {
  return Math.abs(a.x - b.x) < WIDTH + 16 && Math.abs(a.y - b.y) < HEIGHT + 8;
}

function goesDown(places: readonly Place[], channels: readonly Channel[]): boolean {
  let right = 0, down = 0;
  for (const { from, to } of channels) {
    const a = places[from], b = places[to];
    if (a && b) { right += Math.abs(b.x - a.x) / WIDTH; down += Math.abs(b.y - a.y) / HEIGHT; }
  }
  return down > right * 1.5;
}

/** By how many steps come before; within a layer by where those stand that lead there. */
export function layered(steps: readonly ToLay[]): readonly Place[] {
  const rank: number[] = [], layers: number[][] = [];
  for (const { step, after } of steps) {
    rank[step] = after.reduce((most, each) => Math.max(most, (rank[each] ?? 0) + 1), 0);
    (layers[rank[step]!] ??= []).push(step);
  }
  const places: Place[] = [];
  layers.forEach((layer, n) => {
    const middle = (step: number) => {
      const ys = (steps[step]?.after ?? []).map((each) => places[each]?.y ?? 0);
      return ys.length ? ys.reduce((sum, y) => sum + y, 0) / ys.length : 0;
    };
    const sorted = n === 0 ? layer : layer.map((step) => ({ step, y: middle(step) })).sort((a, b) => a.y - b.y).map((each) => each.step);
    const top = -(sorted.length * (HEIGHT + APART.y)) / 2;
    sorted.forEach((step, row) => { places[step] = { x: n * (WIDTH + APART.x), y: top + row * (HEIGHT + APART.y) }; });
  });
  return places;
}
