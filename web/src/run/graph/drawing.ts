// The flow that a run runs: what was drawn, and which step of the run each node is.

import type { Schema } from "../../api/client";
import type { Data } from "../../api/json";
import { dataOf, nodesOf, type Place, placeIn } from "../../flow/drawn";
import type { Line } from "../../flow/layout";

/** A step of the run: its node, and which steps it takes texts from, by which of their branches. */
export interface StepNode {
  readonly step: number;
  readonly node: string;
  readonly label: string;
  readonly kind: string;
  readonly after: readonly number[];
  readonly inputs: readonly { readonly step: number; readonly branch: string | null }[];
  /** What the node was drawn with, as it runs; null until it was read. */
  readonly data: Readonly<Data> | null;
  /** Where it was drawn; null where nobody said. */
  readonly place: Place | null;
}

export interface Channel extends Line {
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
  readonly drawn: Readonly<Data> | null;
}

export const NO_DRAWING: Drawing = { steps: [], channels: [], results: [], before: [], pipeline: null, flow: "", drawn: null };

/** The steps as the outline tells them, with what was drawn where that is known. */
export function drawingOf(outline: Schema<"Outline">, drawn: Readonly<Data> | null): Drawing {
  const nodes = nodesOf(drawn);
  const steps = outline.steps.map(({ step, node, kind, label, after }): StepNode => {
    const found = nodes.get(node);
    return {
      step, node, kind, label: label ?? node, after: after.map((each) => each.step), inputs: after,
      data: found ? dataOf(found) : null, place: placeIn(nodes, node),
    };
  });
  const before: number[][] = steps.map(() => []);
  for (const { step, after } of steps) for (const each of new Set(after)) before[each]?.push(step);
  const channels = steps.flatMap(({ step, inputs }) => inputs.map((each) => ({ from: each.step, to: step, branch: each.branch })));
  const pipeline = outline.pipeline_id === null ? null : { id: outline.pipeline_id, name: outline.pipeline_name };
  return { steps, channels, results: outline.results, before, pipeline, flow: outline.flow, drawn };
}
