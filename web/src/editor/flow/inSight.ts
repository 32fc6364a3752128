// Of a flow of thousands of nodes the part that is near what is looked at: the canvas takes long with
// all of them, seen or not.

import { type Edge, useStore } from "@xyflow/react";
import { useMemo } from "react";
import type { Card } from "./FlowNode";
import { type Area, boundsOf } from "../../flow/groups";
import type { Places } from "./usePlaces";

const MOST_AT_ONCE = 2_000;
/** What is looked at is told in steps of so much, so that a part is chosen anew now and then only. */
const TILE = 2_000;

export function useInSight(cards: Card[], edges: Edge[], places: Places): { nodes: Card[]; edges: Edge[] } {
  const tiles = useStore(({ transform: [x, y, zoom], width, height }) => tilesOf({ x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom }));
  const isLarge = cards.length > MOST_AT_ONCE;
  return useMemo(() => (isLarge ? inSight(cards, edges, places, areaOf(tiles)) : { nodes: cards, edges }), [cards, edges, places, isLarge, isLarge && tiles]);
}

function tilesOf({ x, y, width, height }: Area): string {
  return [x, y, x + width, y + height].map((each) => Math.floor(each / TILE)).join();
}

function areaOf(tiles: string): Area {
  const [left = 0, top = 0, right = 0, bottom = 0] = tiles.split(",").map(Number);
  return { x: left * TILE, y: top * TILE, width: (right - left + 1) * TILE, height: (bottom - top + 1) * TILE };
}

/** The cards within the area, the edges that may pass through it, and the cards at the ends of these. */
export function inSight(cards: readonly Card[], edges: readonly Edge[], places: Places, area: Area): { nodes: Card[]; edges: Edge[] } {
  const seen = new Set<string>();
  for (const [id, place] of places) if (meets(area, place)) seen.add(id);
  const passing = edges.filter(({ source, target }) => {
    const [from, to] = [places.get(source), places.get(target)];
    return from !== undefined && to !== undefined && meets(area, boundsOf([from, to]));
  });
  for (const { source, target } of passing) seen.add(source).add(target);
  return { nodes: cards.filter(({ id }) => seen.has(id)), edges: passing };
}

function meets(a: Area, b: Area): boolean {
  return a.x < b.x + b.width && a.x + a.width > b.x && a.y < b.y + b.height && a.y + a.height > b.y;
}
