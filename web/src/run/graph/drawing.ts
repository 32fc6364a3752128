// The flow that a run runs: what was drawn, and which step of the run each node is.

import type { Schema } from "../../api/client";

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** A step of the run: its node, and which steps it takes texts from, by which of their branches. */
export interface StepNode {
  readonly step: number;
  readonly node: string;
  readonly label: string;
  readonly kind: string;
  readonly after: readonly number[];
  readonly inputs: readonly { readonly step: number; readonly branch: string | null }[];
  /** What the node was drawn with, as it runs; null until it was read. */
  readonly data: Readonly<Record<string, unknown>> | null;
  /** Where it was drawn; null where nobody said. */
  readonly place: Place | null;
}

export interface Channel {
  readonly from: number;
  readonly to: number;
  readonly branch: string | null;
}

export interface Drawing {
  readonly steps: readonly StepNode[];
  readonly channels: readonly Channel[];
  /** The steps whose outputs are the result. */
  readonly results: readonly number[];
  /** Where each step leads to. */
  readonly before: readonly (readonly number[])[];
  readonly pipeline: { readonly id: string; readonly name: string | null } | null;
  /** The hash of what runs. */
  readonly flow: string;
  /** Nodes and edges as they run; null until they were read. */
  readonly drawn: Readonly<Record<string, unknown>> | null;
}

export const NO_DRAWING: Drawing = { steps: [], channels: [], results: [], before: [], pipeline: null, flow: "", drawn: null };

interface Drawn {
  readonly data: Record<string, unknown>;
  readonly place: Place | null;
}

/** The steps as the outline tells them, with what was drawn where that is known. */
export function drawingOf(outline: Schema<"Outline">, drawn: Readonly<Record<string, unknown>> | null): Drawing {
  const nodes = nodesOf(drawn);
  const steps = outline.steps.map(({ step, node, kind, label, after }): StepNode => ({
    step, node, kind, label: label ?? node, after: after.map((each) => each.step), inputs: after,
    data: nodes.get(node)?.data ?? null, place: nodes.get(node)?.place ?? null,
  }));
  const before: number[][] = steps.map(() => []);
  for (const { step, after } of steps) for (const each of new Set(after)) before[each]?.push(step);
  const channels = steps.flatMap(({ step, inputs }) => inputs.map((each) => ({ from: each.step, to: step, branch: each.branch })));
  const pipeline = outline.pipeline_id === null ? null : { id: outline.pipeline_id, name: outline.pipeline_name };
  return { steps, channels, results: outline.results, before, pipeline, flow: outline.flow, drawn };
}

// Positions are within a node's group, if it has one.
function nodesOf(drawn: Readonly<Record<string, unknown>> | null): Map<string, Drawn> {
  const raw = new Map(listOf(drawn?.nodes).map((node) => [String(node.id), node]));
  const found = new Map<string, Drawn>();
  for (const [id, node] of raw) {
    let place = placeOf(node.position), group = raw.get(String(node.parentId ?? ""));
    for (let depth = 0; place && group && depth < 8; depth++, group = raw.get(String(group.parentId ?? ""))) {
      const own = placeOf(group.position);
      if (own) place = { x: place.x + own.x, y: place.y + own.y };
    }
    found.set(id, { data: recordOf(node.data), place });
  }
  return found;
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(recordOf) : [];
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function placeOf(value: unknown): Place | null {
  const { x, y } = recordOf(value);
  return typeof x === "number" && typeof y === "number" && Math.abs(x) < 1e6 && Math.abs(y) < 1e6 ? { x, y } : null;
}
