import { useEffect, useMemo, useState } from "react";
import { call, type Schema } from "../api/client";
import type { Data } from "../api/json";
import type { Pipeline } from "./pipeline";

export type FlowProblem = Schema<"FlowProblem">;

export interface Judgement {
  problems: FlowProblem[];
  warnings: FlowProblem[];
  /** What is shown is of what was typed before. */
  isLate: boolean;
}

const PAUSE_MS = 600;

/** What is wrong with the flow: as the api said when it was saved, or says of what is edited. */
export function useJudgement(pipeline: Pipeline, flow: Data | null): Judgement {
  const [found, setFound] = useState<{ flow: Data; said: Schema<"Validation"> } | null>(null);
  useEffect(() => {
    if (!flow) return;
    const control = new AbortController();
    const timer = setTimeout(() => {
      call<Schema<"Validation">>("POST", "api/v1/flows/validate", { body: { flow }, signal: control.signal })
        .then((said) => setFound({ flow, said }))
        // What cannot be judged now is judged when it is saved.
        .catch(() => undefined);
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [flow]);
  return useMemo(() => {
    if (!flow || !found) return { problems: pipeline.problems, warnings: pipeline.warnings ?? [], isLate: flow !== null };
    return { problems: found.said.problems, warnings: found.said.warnings ?? [], isLate: found.flow !== flow };
  }, [pipeline, flow, found]);
}

export function countByNode(problems: readonly FlowProblem[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const problem of problems) for (const node of problem.nodes) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
}
