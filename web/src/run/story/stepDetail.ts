import { useQuery } from "@tanstack/react-query";
import { get, type Schema } from "../../api/client";
import { useRunPage } from "../context";

/** What the api tells of a step beyond its facts; asked for anew with each `version`. */
export function useStepDetail(step: number, version: string) {
  const { run, workspace } = useRunPage();
  return useQuery({
    queryKey: ["run", workspace, run, "step", step, version],
    queryFn: ({ signal }) => get<Schema<"StepDetail">>(`api/v1/runs/${run}/steps/${step}`, undefined, signal),
    staleTime: 30_000,
  });
}
