// A drawn flow as it came: any JSON. What can be read of it is read, nothing of it is thrown away.

import { words } from "../../words";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Data = Record<string, unknown>;

export interface DrawnNode {
  id: string;
  type: string;
  label: string;
  data: Data;
  position: { x: number; y: number } | null;
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

export function isRecord(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is known by a name that came from outside: `constructor` and its like are no names here. */
export function known<T>(names: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined;
}

/** What a type of node is called; one that nobody knows by its own name. */
export function kindOf(type: string): string {
  return known<string>(words.editor.kinds, type) ?? type;
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
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
  const nodes = new Map<string, DrawnNode>();
  for (const each of Array.isArray(raw.nodes) ? raw.nodes : []) {
    const node = readNode(each);
    if (node && !nodes.has(node.id)) nodes.set(node.id, node);
  }
  const edges: DrawnEdge[] = [];
  for (const each of Array.isArray(raw.edges) ? raw.edges : []) {
    if (!isRecord(each) || typeof each.source !== "string" || typeof each.target !== "string") continue;
    if (!nodes.has(each.source) || !nodes.has(each.target)) continue;
    edges.push({ source: each.source, target: each.target, handle: textOf(each.sourceHandle) || null });
  }
  return { nodes: [...nodes.values()], edges };
}

function readNode(raw: unknown): DrawnNode | null {
  if (!isRecord(raw) || typeof raw.id !== "string" || !raw.id) return null;
  const data = isRecord(raw.data) ? raw.data : {};
  return { id: raw.id, type: textOf(raw.type) || "default", label: nameOf(raw.id, data), data, position: readPosition(raw.position) };
}

/** What people call a node. */
export function nameOf(id: string, data: Data): string {
  return [data.name, data.agentName, data.label].map(textOf).find((each) => each.trim()) ?? id;
}

function readPosition(raw: unknown): DrawnNode["position"] {
  if (!isRecord(raw) || typeof raw.x !== "number" || typeof raw.y !== "number") return null;
  return Number.isFinite(raw.x) && Number.isFinite(raw.y) ? { x: raw.x, y: raw.y } : null;
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

/** By which handles a node can be left: of a condition its branches, of an approval both answers. */
export function handlesOf(node: DrawnNode): string[] {
  if (node.type === "approval") return ["approved", "rejected"];
  if (node.type !== "condition") return [];
  return [...new Set([...branchNames(node.data.branches).filter(Boolean), "else"])];
}
