// Where nodes stand that nobody placed: dagre for flows of an ordinary size, ranks in columns for
// those it would take long with. Runs in a worker; a flow that was placed by hand stays as it is.

import { Graph, layout } from "@dagrejs/dagre";
import { type Drawing, type DrawnNode, handlesOf } from "./drawing";

export type Places = Map<string, { x: number; y: number }>;

export const WIDTH = 224;
const HEIGHT = 64;
const ROW = 22;
const GAP = { x: 88, y: 28 };
const MOST_BY_DAGRE = 600;

export function heightOf(node: DrawnNode): number {
  if (node.type === "note") return HEIGHT + ROW;
  const rows = handlesOf(node).length;
  return rows > 0 ? HEIGHT + rows * ROW : HEIGHT;
}

/** Whether people placed the nodes: each has a place, and no two of the first have the same. */
export function isPlaced(drawing: Drawing): boolean {
  const places = drawing.nodes.map((node) => node.position);
  if (places.length === 0 || places.some((place) => place === null)) return false;
  return places.length === 1 || new Set(places.map((place) => `${place?.x},${place?.y}`)).size > places.length / 2;
}

export function placesAsDrawn(drawing: Drawing): Places {
  return new Map(drawing.nodes.map((node) => [node.id, node.position ?? { x: 0, y: 0 }]));
}

export function laidOut(drawing: Drawing): Places {
  return drawing.nodes.length > MOST_BY_DAGRE ? inColumns(drawing) : byDagre(drawing);
}

function byDagre(drawing: Drawing): Places {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: GAP.y, ranksep: GAP.x });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of drawing.nodes) graph.setNode(node.id, { width: WIDTH, height: heightOf(node) });
  drawing.edges.forEach((edge, at) => graph.setEdge(edge.source, edge.target, {}, String(at)));
  layout(graph);
  const places: Places = new Map();
  for (const node of drawing.nodes) {
    const { x, y } = graph.node(node.id);
    places.set(node.id, { x: x - WIDTH / 2, y: y - heightOf(node) / 2 });
  }
  return places;
}

/** Each node one column right of the last before it; within a column near those that lead to it. */
export function inColumns(drawing: Drawing): Places {
  const ranks = ranksOf(drawing);
  const into = new Map<string, string[]>();
  for (const { source, target } of drawing.edges) {
    const before = into.get(target);
    if (before) before.push(source);
    else into.set(target, [source]);
  }
  const columns: DrawnNode[][] = [];
  for (const node of drawing.nodes) (columns[ranks.get(node.id) ?? 0] ??= []).push(node);
  const places: Places = new Map();
  columns.forEach((column, rank) => {
    const wanted = new Map(column.map((node) => [node.id, wish(into.get(node.id) ?? [], places)]));
    column.sort((a, b) => (wanted.get(a.id) ?? 0) - (wanted.get(b.id) ?? 0));
    let top = 0;
    for (const node of column) {
      places.set(node.id, { x: rank * (WIDTH + GAP.x), y: top });
      top += heightOf(node) + GAP.y;
    }
  });
  return places;
}

function wish(before: string[], places: Places): number {
  const found = before.map((id) => places.get(id)?.y ?? 0);
  return found.length ? found.reduce((sum, y) => sum + y, 0) / found.length : 0;
}

/** The length of the longest way to each node; what stands in a circle is put where it is met. */
function ranksOf(drawing: Drawing): Map<string, number> {
  const out = new Map<string, string[]>();
  const missing = new Map(drawing.nodes.map((node) => [node.id, 0]));
  for (const { source, target } of drawing.edges) {
    const behind = out.get(source);
    if (behind) behind.push(target);
    else out.set(source, [target]);
    missing.set(target, (missing.get(target) ?? 0) + 1);
  }
  const ranks = new Map<string, number>();
  const ready = drawing.nodes.filter((node) => missing.get(node.id) === 0).map((node) => node.id);
  for (let at = 0; at < ready.length; at++) {
    const id = ready[at] ?? "";
    const rank = ranks.get(id) ?? 0;
    ranks.set(id, rank);
    for (const target of out.get(id) ?? []) {
      ranks.set(target, Math.max(ranks.get(target) ?? 0, rank + 1));
      const left = (missing.get(target) ?? 1) - 1;
      missing.set(target, left);
      if (left === 0) ready.push(target);
    }
  }
  return ranks;
}
