// The layout of more than dagre is quick with: each box one layer right of the last before it, and
// within a layer near those that lead to it.

import type { Place } from "./drawn";
import { WIDTH } from "./box";
import { APART, type Laid, type Line, type ToLay } from "./layout";

export function inLayers({ boxes, lines }: ToLay): Laid {
  const into = neighbours(lines, "to", "from");
  const layers: number[][] = [];
  ranksOf(boxes.length, lines).forEach((rank, box) => (layers[rank] ??= []).push(box));
  const places: Place[] = [];
  layers.forEach((layer, rank) => {
    const wanted = new Map(layer.map((box) => [box, middle(into.get(box) ?? [], places)]));
    const sorted = layer.toSorted((a, b) => wanted.get(a)! - wanted.get(b)!);
    let top = -sorted.reduce((height, box) => height + boxes[box]!.height + APART.y, 0) / 2;
    for (const box of sorted) {
      places[box] = { x: rank * (WIDTH + APART.x), y: top };
      top += boxes[box]!.height + APART.y;
    }
  });
  return { places, isDown: false, isDrawn: false };
}

function middle(before: readonly number[], places: readonly Place[]): number {
  const found = before.map((box) => places[box]?.y ?? 0);
  return found.length ? found.reduce((sum, y) => sum + y, 0) / found.length : 0;
}

/** The length of the longest way to each box; what stands in a circle is put where it is met. */
function ranksOf(count: number, lines: readonly Line[]): number[] {
  const out = neighbours(lines, "from", "to");
  const ranks = Array.from({ length: count }, () => 0), missing = ranks.slice();
  for (const { to } of lines) missing[to]!++;
  const ready = missing.flatMap((left, box) => (left === 0 ? [box] : []));
  for (const box of ready) {
    for (const next of out.get(box) ?? []) {
      ranks[next] = Math.max(ranks[next]!, ranks[box]! + 1);
      if (--missing[next]! === 0) ready.push(next);
    }
  }
  return ranks;
}

function neighbours(lines: readonly Line[], of: "from" | "to", are: "from" | "to"): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const line of lines) {
    const known = found.get(line[of]);
    if (known) known.push(line[are]);
    else found.set(line[of], [line[are]]);
  }
  return found;
}
