// The layout of a flow that nobody drew. It stands apart: a flow that was drawn does without its weight.

import { graphlib, layout } from "@dagrejs/dagre";
import { APART, type Arrange, HEIGHT, WIDTH } from "./layout";
import type { Place } from "./drawing";

export const byDagre: Arrange = (steps, channels, to) => {
  const graph = new graphlib.Graph();
  graph.setGraph(to === "LR" ? { rankdir: to, nodesep: APART.y, ranksep: APART.x } : { rankdir: to, nodesep: APART.y, ranksep: APART.down });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { step } of steps) graph.setNode(String(step), { width: WIDTH, height: HEIGHT });
  for (const { from, to } of channels) graph.setEdge(String(from), String(to));
  layout(graph);
  return steps.map(({ step }) => {
    const { x, y } = graph.node(String(step)) as Place;
    return { x: x - WIDTH / 2, y: y - HEIGHT / 2 };
  });
};
