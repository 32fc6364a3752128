// Where people drew the nodes of a flow, and what they call them.

import { type Data, isRecord, textOf } from "../api/json";

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Beyond it nothing is drawn by hand. */
const FARTHEST = 100_000;
const DEEPEST = 8;

/** The nodes of a flow that can be read, by their ids: of two with one id the first. */
export function nodesOf(flow: unknown): Map<string, Data> {
  const found = new Map<string, Data>();
  for (const node of isRecord(flow) && Array.isArray(flow.nodes) ? flow.nodes : []) {
    if (isRecord(node) && textOf(node.id) && !found.has(textOf(node.id))) found.set(textOf(node.id), node);
  }
  return found;
}

/** Where a node was drawn, of these: in a group that is told from the group's corner, and groups nest. */
export function placeIn(nodes: ReadonlyMap<string, Data>, id: string): Place | null {
  let node = nodes.get(id);
  let place = placeOf(node?.position);
  for (let depth = 0; place && node && depth < DEEPEST; depth++) {
    node = nodes.get(groupOf(node) ?? "");
    const corner = placeOf(node?.position);
    if (corner) place = { x: place.x + corner.x, y: place.y + corner.y };
  }
  return place;
}

/** What a node was set to. */
export function dataOf(node: Data): Data {
  return isRecord(node.data) ? node.data : {};
}

/** What people call a node with this data. */
export function nameOf(id: string, data: Data): string {
  return [data.name, data.agentName, data.label].map(textOf).find((each) => each.trim()) ?? id;
}

/** The id of the group that a node was drawn in; React Flow before 11.11 calls it `parentNode`. */
export function groupOf(node: Data): string | null {
  return textOf(node.parentId) || textOf(node.parentNode) || null;
}

function placeOf(value: unknown): Place | null {
  if (!isRecord(value) || typeof value.x !== "number" || typeof value.y !== "number") return null;
  return Math.abs(value.x) < FARTHEST && Math.abs(value.y) < FARTHEST ? { x: value.x, y: value.y } : null;
}
