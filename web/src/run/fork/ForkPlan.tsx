import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { call, type Schema } from "../../api/client";
import { words } from "../../words";
import { bodyOf, type Draft } from "./draft";
import { useRunNow } from "../context";

const PAUSE_MS = 350;
type Plan = Schema<"ForkPlan">;

/** What a fork would keep and run again, asked for once typing pauses. */
export function usePlan(draft: Draft, isOver: boolean): UseQueryResult<Plan> {
  const { run, workspace } = useRunNow();
  const body = usePaused(JSON.stringify(bodyOf(draft)));
  return useQuery({
    queryKey: ["run", workspace, run, "fork", body],
    queryFn: ({ signal }) => call<Plan>("POST", `api/v1/runs/${run}/fork`, { query: { dry_run: true }, body: JSON.parse(body) as unknown, signal }),
    enabled: isOver && draft.from !== "",
    placeholderData: keepPreviousData,
    retry: false,
  });
}

function usePaused(text: string): string {
  const [paused, setPaused] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}

/** Which steps are kept, run again, or not run at all. */
export function ForkPlan({ plan }: { plan: UseQueryResult<Plan> }) {
  const { steps } = useRunNow();
  if (!plan.data) return <div className="fork-plan quiet small" role="status">{plan.isFetching ? words.time.planning : ""}</div>;
  const labels = new Map(steps.map(({ node, label }) => [node, label]));
  const kept = plan.data.kept.map(({ node }) => node), again = plan.data.rerun.map(({ node }) => node);
  const named = new Set([...kept, ...again]);
  const groups = [
    ["again", words.time.rerunSteps, again],
    ["kept", words.time.keptSteps, kept],
    ["not", words.time.skippedSteps, steps.map(({ node }) => node).filter((node) => !named.has(node))],
  ] as const;
  return (
    <div className={`fork-plan${plan.isError ? " is-old" : ""}`} aria-busy={plan.isFetching} role="region" aria-label={words.time.planTitle} tabIndex={0}>
      {groups.map(([look, title, of]) => of.length > 0 && (
        <section key={look}>
          <h2>{title} <span className="quiet number">{of.length}</span></h2>
          <ol className={`fork-${look}`}>{of.map((node) => <li key={node} className="clip">{labels.get(node) ?? node}</li>)}</ol>
        </section>
      ))}
    </div>
  );
}
