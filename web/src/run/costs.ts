// What the run and its steps cost, which the api alone knows: asked for when something ended.

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get, type Schema } from "../api/client";
import { isOver } from "../log/index";
import { useRunPage, useTold } from "./context";

const SETTLED: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"]);

export type Costs = Schema<"RunUsage">;

/** Null until it is known. */
export function useCosts(): Costs | null {
  const { run, workspace, source } = useRunPage();
  const ended = useTold(source, () => {
    const view = source.history.latest;
    return view.steps.reduce((n, step) => n + (step && SETTLED.has(step.status) ? step.attempt : 0), isOver(view) ? 1_000_000 : 0);
  });
  const found = useQuery({
    queryKey: ["run", workspace, run, "costs", Math.ceil(ended / (ended > 60 ? 25 : 1))],
    queryFn: ({ signal }) => get<Costs>(`api/v1/runs/${encodeURIComponent(run)}/usage`, undefined, signal),
    placeholderData: keepPreviousData, staleTime: 10_000,
  });
  return found.data ?? null;
}
