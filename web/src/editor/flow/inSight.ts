// Of a flow of thousands of nodes the part that is near what is looked at: the canvas takes long with
// all of them, seen or not.

import { type Edge, useStore } from "@xyflow/react";
import { useMemo } from "react";
import type { Card } from "./FlowNode";
import { type Places, WIDTH } from "./layout";

const MOST_AT_ONCE = 2_000;
/** What is looked at is told in steps of so much, so that a part is chosen anew now and then only. */
const TILE = 2_000;
const HEIGHT = 200;

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export function useInSight(cards: Card[], edges: Edge[], places: Places): { nodes: Card[]; edges: Edge[] } {
  const tiles = useStore(({ transform: [x, y, zoom], width, height }) => tilesOf({ x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom }));
  const isLarge = cards.length > MOST_AT_ONCE;
  return useMemo(() => (isLarge ? inSight(cards, edges, places, boxOf(tiles)) : { nodes: cards, edges }), [cards, edges, places, isLarge, isLarge && tiles]);
}

function tilesOf({ x, y, width, height }: Box): string {
  return [x, y, x + width, y + height].map((each) => Math.floor(each / TILE)).join();
}

function boxOf(tiles: string): Box {
  const [left = 0, top = 0, right = 0, bottom = 0] = tiles.split(",").map(Number);
  return { x: left * TILE, y: top * TILE, width: (right - left + 1) * TILE, height: (bottom - top + 1) * TILE };
}

/** The cards within the box, the edges that may pass through it, and the cards at the ends of these. */
export function inSight(cards: readonly Card[], edges: readonly Edge[], places: Places, box: Box): { nodes: Card[]; edges: Edge[] } {
  const seen = new Set<string>();
  for (const { id, position } of cards) if (meets(box, position, position)) seen.add(id);
  const passing = edges.filter(({ source, target }) => {
    const [from, to] = [places.get(source), places.get(target)];
    return from !== undefined && to !== undefined && meets(box, from, to);
  });
  for (const { source, target } of passing) seen.add(source).add(target);
  return { nodes: cards.filter(({ id }) => seen.has(id)), edges: passing };
}

type Point = { readonly x: number; readonly y: number };

function meets({ x, y, width, height }: Box, a: Point, b: Point): boolean {
  return Math.min(a.x, b.x) < x + width && Math.max(a.x, b.x) + WIDTH > x && Math.min(a.y, b.y) < y + height && Math.max(a.y, b.y) + HEIGHT > y;
}

export function boundsOf(places: Places): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of places.values()) {
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  }
  return { x: left, y: top, width: right - left + WIDTH, height: bottom - top + HEIGHT };
}
