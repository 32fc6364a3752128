// The layout of a flow that nobody drew. It stands apart: a flow that was drawn does without its weight.

import { graphlib, layout } from "@dagrejs/dagre";
import type { Place } from "./drawn";
import { WIDTH } from "./box";
import { APART, type Laid, type ToLay } from "./layout";

/** To the right, or down where that needs much less room. */
export function byDagre(flow: ToLay): Laid {
  const right = led(flow, "LR");
  if (flow.aspect !== null) {
    const down = led(flow, "TB");
    if (room(down, flow, flow.aspect) < room(right, flow, flow.aspect) * 0.8) return { places: down, isDown: true, isDrawn: false };
  }
  return { places: right, isDown: false, isDrawn: false };
}

function led({ boxes, lines }: ToLay, rankdir: "LR" | "TB"): Place[] {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir, nodesep: APART.y, ranksep: rankdir === "LR" ? APART.x : APART.down });
  graph.setDefaultEdgeLabel(() => ({}));
  boxes.forEach(({ height }, n) => graph.setNode(String(n), { width: WIDTH, height }));
  for (const { from, to } of lines) graph.setEdge(String(from), String(to));
  layout(graph);
  return boxes.map(({ height }, n) => {
    const { x, y } = graph.node(String(n)) as Place;
    return { x: x - WIDTH / 2, y: y - height / 2 };
  });
}

// How much must be seen at once, in width.
function room(places: readonly Place[], { boxes }: ToLay, aspect: number): number {
  const width = Math.max(...places.map(({ x }) => x)) - Math.min(...places.map(({ x }) => x)) + WIDTH;
  const height = Math.max(...places.map(({ y }, n) => y + boxes[n]!.height)) - Math.min(...places.map(({ y }) => y));
  return Math.max(width, height * aspect);
}
