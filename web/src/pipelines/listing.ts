// The list of pipelines, and in bulk what is told of their runs: one call for runs, one for costs,
// however many rows there are.

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get, type Schema } from "../api/client";

export type Listed = Schema<"Listed">;
type RunListed = Schema<"RunListed">;

export interface Asked {
  search: string;
  tag: string;
  isDeleted: boolean;
}

const RUNS = 200;
const PAGE = 50;

export function usePipelines(workspace: string, { search, tag, isDeleted }: Asked) {
  return useInfiniteQuery({
    queryKey: ["pipelines", workspace, "list", search, tag, isDeleted],
    queryFn: ({ pageParam, signal }) => get<Schema<"PipelinePage">>("api/v1/pipelines", {
      limit: PAGE, cursor: pageParam, search: search || null, tags: tag || null, deleted: isDeleted || null,
    }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (before) => before,
  });
}

export interface Lately {
  last: RunListed;
  ended: number;
  completed: number;
}

/** How the newest runs of each pipeline went; those without a run among them are not in it. */
export function lately(runs: readonly RunListed[]): Map<string, Lately> {
  const found = new Map<string, Lately>();
  for (const run of runs) {
    if (!run.pipeline_id) continue;
    const known = found.get(run.pipeline_id) ?? { last: run, ended: 0, completed: 0 };
    // Who stops a run does not make it a failure.
    const hasEnded = run.status === "completed" || run.status === "failed";
    found.set(run.pipeline_id, { ...known, ended: known.ended + Number(hasEnded), completed: known.completed + Number(run.status === "completed") });
  }
  return found;
}

export function useLately(workspace: string) {
  return useQuery({
    queryKey: ["pipelines", workspace, "lately"],
    queryFn: async ({ signal }) => lately((await get<Schema<"RunPage">>("api/v1/runs", { limit: RUNS }, signal)).items),
    refetchInterval: 10_000,
  });
}

/** Of 30 days, by pipeline; a cost that is not known is null, and what is not in it is `undefined`. */
export function useCosts(workspace: string) {
  return useQuery({
    queryKey: ["pipelines", workspace, "costs"],
    queryFn: async ({ signal }) => {
      const report = await get<Schema<"UsageReport">>("api/v1/usage", { group_by: "pipeline", limit: 1000 }, signal);
      return new Map(report.items.flatMap((item) => (item.pipeline_id ? [[item.pipeline_id, item.cost_usd] as const] : [])));
    },
    staleTime: 60_000,
  });
}
