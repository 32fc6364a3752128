// A drawn flow as it came: any JSON. What can be read of it is read, nothing of it is thrown away.

import { type Data, isRecord, known, textOf } from "../../api/json";
import { dataOf, groupOf, nameOf, nodesOf, type Place, placeIn } from "../../flow/drawn";
import { words } from "../../words";

export interface DrawnNode {
  id: string;
  type: string;
  label: string;
  data: Data;
  /** Where it was drawn; null where nobody said. */
  place: Place | null;
  /** The id of the group it was drawn in. */
  group: string | null;
}

export interface DrawnEdge {
  source: string;
  target: string;
  handle: string | null;
}

export interface Drawing {
  nodes: DrawnNode[];
  edges: DrawnEdge[];
}

export const KINDS = ["agent", "template", "merge", "condition", "approval", "input", "output", "note", "group"] as const;

/** What a type of node is called; one that nobody knows by its own name. */
export function kindOf(type: string): string {
  return known<string>(words.editor.kinds, type) ?? type;
}

const READ = new WeakMap<Data, Drawing>();

/** The nodes and edges that can be drawn: those with an id, each once. The same for the same flow. */
export function readDrawing(flow: unknown): Drawing {
  if (!isRecord(flow)) return { nodes: [], edges: [] };
  const drawing = READ.get(flow) ?? read(flow);
  READ.set(flow, drawing);
  return drawing;
}

function read(raw: Data): Drawing {
  const nodes = nodesOf(raw);
  const edges: DrawnEdge[] = [];
  for (const each of Array.isArray(raw.edges) ? raw.edges : []) {
    if (!isRecord(each) || typeof each.source !== "string" || typeof each.target !== "string") continue;
    if (!nodes.has(each.source) || !nodes.has(each.target)) continue;
    edges.push({ source: each.source, target: each.target, handle: textOf(each.sourceHandle) || null });
  }
  return { nodes: [...nodes].map(([id, node]) => readNode(id, node, placeIn(nodes, id))), edges };
}

function readNode(id: string, node: Data, place: Place | null): DrawnNode {
  const data = dataOf(node);
  return { id, type: textOf(node.type) || "default", label: nameOf(id, data), data, place, group: groupOf(node) };
}

/** The flow with other data of its nodes, by their ids; everything else stays as it came. */
export function withData(flow: unknown, changed: ReadonlyMap<string, Data>): Data {
  const raw = isRecord(flow) ? flow : {};
  if (changed.size === 0 || !Array.isArray(raw.nodes)) return raw;
  const nodes = raw.nodes.map((node: unknown) => {
    const data = isRecord(node) && typeof node.id === "string" ? changed.get(node.id) : undefined;
    return data && isRecord(node) ? { ...node, data } : node;
  });
  return { ...raw, nodes };
}

/** By which handles the edges of each node leave it, in their order. */
export function waysOf(flow: unknown): Map<string, string[]> {
  const ways = new Map<string, string[]>();
  for (const edge of edgesOf(flow)) {
    if (!isRecord(edge) || typeof edge.source !== "string") continue;
    const known = ways.get(edge.source);
    if (known) known.push(textOf(edge.sourceHandle));
    else ways.set(edge.source, [textOf(edge.sourceHandle)]);
  }
  return ways;
}

/** The flow with other handles of the edges that leave these nodes, and without those of none; where there are more or fewer edges by now, they stay. */
export function withWays(flow: Data, changed: ReadonlyMap<string, readonly (string | null)[]>): Data {
  if (changed.size === 0) return flow;
  const counts = waysOf(flow);
  const next = new Map<string, number>();
  const edges = edgesOf(flow).flatMap((edge: unknown) => {
    const source = isRecord(edge) ? textOf(edge.source) : "";
    const ways = changed.get(source);
    if (!isRecord(edge) || !ways || ways.length !== counts.get(source)?.length) return [edge];
    const at = next.get(source) ?? 0;
    next.set(source, at + 1);
    if (ways[at] === null) return [];
    return [ways[at] === textOf(edge.sourceHandle) ? edge : { ...edge, sourceHandle: ways[at] }];
  });
  return { ...flow, edges };
}

function edgesOf(flow: unknown): unknown[] {
  return isRecord(flow) && Array.isArray(flow.edges) ? flow.edges : [];
}

/** Of the handles by which a node's edges leave it those that are left when branches are taken away: null for the others. */
export function waysLeft(ways: readonly unknown[], before: unknown, after: unknown): unknown[] {
  const kept = new Set(branchNames(after));
  const gone = new Set(branchNames(before).filter((name) => name && !kept.has(name)));
  return ways.map((way) => (typeof way === "string" && gone.has(way) ? null : way));
}

function branchNames(branches: unknown): string[] {
  return (Array.isArray(branches) ? branches : []).map((each) => (isRecord(each) ? textOf(each.handle) : ""));
}

/** The one branch that has another name in the second list, and no other branch's; null if there is none. */
export function renamedBranch(before: unknown, after: unknown): { from: string; to: string } | null {
  const [old, now] = [branchNames(before), branchNames(after)];
  if (old.length !== now.length) return null;
  const changed = now.flatMap((to, at) => (to === old[at] ? [] : [{ from: old[at] ?? "", to }]));
  const [only] = changed;
  if (!only || changed.length > 1 || !only.from || !only.to) return null;
  const isTaken = now.filter((name) => name === only.to).length > 1 || old.filter((name) => name === only.from).length > 1;
  return isTaken ? null : only;
}

/** The ids of all nodes from which a path leads to this one. */
export function upstreamOf(drawing: Drawing, id: string): Set<string> {
  const into = new Map<string, string[]>();
  for (const edge of drawing.edges) into.set(edge.target, [...(into.get(edge.target) ?? []), edge.source]);
  const found = new Set<string>();
  const left = [...(into.get(id) ?? [])];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    left.push(...(into.get(next) ?? []));
  }
  return found;
}

/** Whether it is drawn on the ground that steps stand on: a note, or a group around them. */
export function isGround({ type }: DrawnNode): boolean {
  return type === "note" || type === "group";
}

/** By which handles a node can be left: of a condition its branches, of an approval both answers. */
export function handlesOf(node: DrawnNode): string[] {
  if (node.type === "approval") return ["approved", "rejected"];
  if (node.type !== "condition") return [];
  return [...new Set([...branchNames(node.data.branches).filter(Boolean), "else"])];
}
