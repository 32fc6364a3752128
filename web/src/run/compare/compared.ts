// The two runs that are held against each other: their facts as they come, and what lists tell of them.

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { get, type Schema, urlOf } from "../../api/client";
import { isOver, type RunView } from "../../log/index";
import { useNow } from "../../log/react";
import { type Outcome, outcomesOf } from "./steps";
import { useSource } from "../context";
import { useForks } from "../fork/forks";

export type RunShape = Schema<"RunShape">;

export interface Compared {
  readonly run: string;
  readonly view: RunView;
  readonly outcomes: ReadonlyMap<number, Outcome>;
  readonly nodes: ReadonlySet<string>;
  readonly told: RunShape | undefined;
  readonly error: unknown;
}

/** A run, live where it is not over. */
export function useCompared(workspace: string, run: string): Compared {
  const { history, view, count } = useNow(useSource(run, workspace));
  const outcomes = useMemo(() => outcomesOf(history.events), [history, count]);
  const ended = isOver(view);
  const told = useQuery({
    queryKey: ["run", workspace, run, "told", ended],
    queryFn: () => get<RunShape>(`api/v1/runs/${encodeURIComponent(run)}`),
    placeholderData: (before) => before,
  });
  const nodes = useMemo(() => new Set(told.data?.steps.map(({ node }) => node)), [told.data]);
  return { run, view, outcomes, nodes, told: told.data, error: told.error };
}

export interface Relative {
  readonly run: string;
  readonly kin: "parent" | "child" | "sibling";
  readonly at: string | null;
}

/** Whom a run may be held against: its parent, its forks, and the other forks of its parent. */
export function useFamily(workspace: string, run: string, parent: string | null): Relative[] {
  const forks = useForks(run, workspace), siblings = useForks(parent, workspace);
  return useMemo(() => {
    const found: Relative[] = parent ? [{ run: parent, kin: "parent", at: null }] : [];
    for (const each of forks) found.push({ run: each.run_id, kin: "child", at: each.created_at });
    for (const each of siblings) if (each.run_id !== run) found.push({ run: each.run_id, kin: "sibling", at: each.created_at });
    return found;
  }, [parent, forks, siblings, run]);
}

/** The output of a step as a text, whether a fact carries it or a body does. Throws Error. */
export async function outputOf(workspace: string, run: string, step: number, signal: AbortSignal): Promise<string> {
  const answer = await fetch(urlOf(`api/v1/runs/${encodeURIComponent(run)}/steps/${step}/output`), { headers: { "X-Penstock-Workspace": workspace }, signal });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.text();
}
