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
  const kept = new Set(plan.data.kept.map(({ node }) => node)), again = new Set(plan.data.rerun.map(({ node }) => node));
  const groups = [
    ["again", words.time.rerunSteps, steps.filter(({ node }) => again.has(node))],
    ["kept", words.time.keptSteps, steps.filter(({ node }) => kept.has(node))],
    ["not", words.time.skippedSteps, steps.filter(({ node }) => !kept.has(node) && !again.has(node))],
  ] as const;
  return (
    <div className={`fork-plan${plan.isError ? " is-old" : ""}`} aria-busy={plan.isFetching} role="region" aria-label={words.time.planTitle} tabIndex={0}>
      {groups.map(([look, title, of]) => of.length > 0 && (
        <section key={look}>
          <h3>{title} <span className="quiet number">{of.length}</span></h3>
          <ol className={`fork-${look}`}>{of.map(({ step, label }) => <li key={step} className="clip">{label}</li>)}</ol>
        </section>
      ))}
    </div>
  );
}
