// What a version changed, as marks on nodes: of the drawing of the newer one, with what is gone added.

import type { Schema } from "../../api/client";
import { isRecord } from "../../api/json";
import { type Drawing, readDrawing } from "../flow/drawing";
import type { Change } from "../flow/FlowNode";

export type FlowDiff = Schema<"FlowDiff">;

export interface Drawn {
  drawing: Drawing;
  changes: Map<string, Change>;
}

/** `now` is the flow as it is drawn now, which tells where nodes stand: places make no version. */
export function drawnDifference(diff: FlowDiff, flow: unknown, now: unknown): Drawn {
  const changes = new Map<string, Change>();
  for (const node of idsOf(diff.nodes.added)) changes.set(node, "added");
  for (const node of diff.nodes.changed) changes.set(node.id, "changed");
  for (const node of idsOf(diff.nodes.removed)) changes.set(node, "removed");
  const raw = isRecord(flow) ? flow : {};
  const nodes = Array.isArray(raw.nodes) ? raw.nodes : [];
  const edges = Array.isArray(raw.edges) ? raw.edges : [];
  const read = readDrawing({ nodes: [...nodes, ...diff.nodes.removed], edges: [...edges, ...diff.edges.removed] });
  const drawn = new Map(readDrawing(now).nodes.map((node) => [node.id, node]));
  const placed = read.nodes.map((node) => {
    const { place, group } = drawn.get(node.id) ?? node;
    return { ...node, place, group };
  });
  return { drawing: { ...read, nodes: placed }, changes };
}

export function idsOf(nodes: readonly unknown[]): string[] {
  return nodes.flatMap((node) => (isRecord(node) && typeof node.id === "string" ? [node.id] : []));
}

export function isNothing(diff: FlowDiff): boolean {
  return diff.nodes.added.length + diff.nodes.removed.length + diff.nodes.changed.length + diff.edges.added.length + diff.edges.removed.length === 0 && !diff.is_reordered;
}
