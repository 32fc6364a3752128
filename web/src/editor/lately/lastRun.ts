// The newest run of a pipeline, as its nodes show it: one call for the run, its events for all the rest.

import { useQuery } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { get, isMissing, type Schema, urlOf } from "../../api/client";
import { openRun, type RunSource } from "../../log/stream";
import type { RunView, StepView } from "../../log/view";
import { type Drawing, readDrawing } from "../flow/drawing";
import type { Pipeline } from "../pipeline";
import { changedSince } from "./changed";

type Run = Schema<"RunListed">;

export interface LastRun {
  readonly run: Run;
  readonly steps: StepsByNode;
  /** Nodes that are not any more what that run ran. */
  readonly changed: ReadonlySet<string>;
}

export const LastRunOf = createContext<LastRun | null>(null);

const AGAIN_MS = 10_000;
/** One that waits for its time, or for a place, has no results yet: the one before it has. */
const LOOKED_AT = 5;

/** Steps of a run by their nodes, as they are told. */
export class StepsByNode {
  readonly #places = new Map<string, number>();
  #read: RunView | null = null;
  constructor(readonly source: RunSource) {}

  at(node: string): number | undefined {
    const view = this.source.history.latest;
    if (!this.#places.has(node) && this.#read !== view) {
      view.steps.forEach((step, place) => { if (step) this.#places.set(step.node, place); });
      this.#read = view;
    }
    return this.#places.get(node);
  }

  of(node: string): StepView | undefined {
    const place = this.at(node);
    return place === undefined ? undefined : this.source.history.latest.steps[place];
  }
}

export function useLastRun(workspace: string, pipeline: Pipeline, drawing: Drawing): LastRun | null {
  const found = useQuery({
    queryKey: ["editor", workspace, "last-run", pipeline.id],
    queryFn: ({ signal }) => get<Schema<"RunPage">>("api/v1/runs", { pipeline_id: pipeline.id, limit: LOOKED_AT }, signal),
    refetchInterval: AGAIN_MS,
  });
  const runs = found.data?.items ?? [];
  const run = runs.find((each) => each.started_at !== null) ?? runs[0] ?? null;
  const steps = useSteps(workspace, run?.run_id ?? null);
  const changed = useChanged(workspace, pipeline, run, drawing);
  return useMemo(() => (run && steps && changed ? { run, steps, changed } : null), [run, steps, changed]);
}

function useSteps(workspace: string, run: string | null): StepsByNode | null {
  const [steps, setSteps] = useState<StepsByNode | null>(null);
  useEffect(() => {
    if (run === null) return undefined;
    const source = openRun(urlOf(`api/v1/runs/${run}/events`), { "X-Penstock-Workspace": workspace });
    setSteps(new StepsByNode(source));
    return () => { setSteps(null); source.close(); };
  }, [workspace, run]);
  return steps;
}

/** Null until it is known. */
function useChanged(workspace: string, pipeline: Pipeline, run: Run | null, drawing: Drawing): ReadonlySet<string> | null {
  const isOfThis = run?.pipeline_version === pipeline.version;
  const ran = useQuery({
    queryKey: ["editor", workspace, "ran", pipeline.id, run?.run_id],
    queryFn: async () => readThen(pipeline.id, run?.run_id ?? "", run?.pipeline_version ?? null),
    enabled: run !== null && !isOfThis,
    staleTime: Infinity,
  });
  const then = useMemo(() => (isOfThis ? { nodes: readDrawing(pipeline.flow).nodes, isAsDrawn: true } : ran.data), [isOfThis, pipeline.flow, ran.data]);
  const changed = useMemo(() => (then ? changedSince(drawing.nodes, then.nodes, then.isAsDrawn) : null), [drawing.nodes, then]);
  // The same set while it says the same: cards are not drawn anew for it.
  const said = changed && [...changed].join("\n");
  return useMemo(() => changed, [said]);
}

/** The nodes that a run was asked for with: those of its version, or of its flow where it has none that is kept. */
async function readThen(pipeline: string, run: string, version: string | null) {
  const path = `api/v1/pipelines/${encodeURIComponent(pipeline)}/versions/${version}`;
  const drawn = version && await get<Schema<"VersionDetail">>(path).catch((wrong: unknown) => {
    if (isMissing(wrong)) return null;
    throw wrong;
  });
  if (drawn) return { nodes: readDrawing(drawn.flow).nodes, isAsDrawn: true };
  return { nodes: readDrawing((await get<Schema<"RunFlow">>(`api/v1/runs/${run}/flow`)).drawing).nodes, isAsDrawn: false };
}

/** How this node went in the last run; renders when that changes, and not when others do. */
export function useLastStep(node: string): { last: LastRun; step: StepView } | null {
  const last = useContext(LastRunOf);
  const watch = useMemo(() => (call: () => void) => last?.steps.source.watch(call) ?? (() => undefined), [last]);
  const step = useSyncExternalStore(watch, () => last?.steps.of(node));
  return last && step ? { last, step } : null;
}
