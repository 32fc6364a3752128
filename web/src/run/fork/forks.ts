// The runs that go on from a step of another.

import { useQuery } from "@tanstack/react-query";
import { get, type Schema } from "../../api/client";

const NONE: readonly Schema<"RunListed">[] = [];
const MOST = 100;

/** The newest forks of a run, as far as they are known; none where `run` is null. */
export function useForks(run: string | null, workspace: string): readonly Schema<"RunListed">[] {
  const found = useQuery({
    queryKey: ["run", workspace, run, "forks"], enabled: run !== null,
    queryFn: ({ signal }) => get<Schema<"RunPage">>(`api/v1/runs/${encodeURIComponent(run ?? "")}/forks`, { limit: MOST }, signal),
  });
  return found.data?.items ?? NONE;
}
