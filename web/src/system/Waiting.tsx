// Why runs do not go on, each in one sentence: a person, a worker, a limit, a time.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { get, type Schema } from "../api/client";
import { titleOf } from "../runs/rows";
import { ago } from "../ui/figures";
import { Refused } from "../ui/Notice";
import { StatusMark } from "../ui/Status";
import { words } from "../words";
import { byReason } from "./reasons";
import { WhyOne } from "./WhyOne";

const said = words.system;
const MOST = 100;
const EVERY_MS = 5_000;

export function Waiting({ workspace }: { workspace: string }) {
  const asked = useQuery({
    queryKey: ["system", workspace, "waiting"],
    queryFn: ({ signal }) => get<Schema<"RunPage">>("api/v1/runs", { status: "pending,running,waiting", order: "oldest", limit: MOST }, signal),
    refetchInterval: EVERY_MS,
  });
  const groups = byReason(asked.data?.items ?? []);
  return (
    <section className="stack" aria-labelledby="waiting-for">
      <h2 id="waiting-for">{said.why}</h2>
      <WhyOne workspace={workspace} runs={(asked.data?.items ?? []).filter(({ waiting_for }) => waiting_for)} />
      <Refused error={asked.error} />
      {asked.data && groups.length === 0 && <p className="quiet">{asked.data.items.length === 0 ? said.nothingRuns : said.nothingWaits}</p>}
      {groups.length > 0 && (
        <ul className="reasons">
          {groups.map(({ text, kind, runs }) => (
            <li key={text}>
              <StatusMark status={kind === "person" ? "waiting" : kind === "timer" ? "retrying" : "pending"} label={false} />
              <div>
                <p>{text}</p>
                <p className="small quiet">
                  {runs.slice(0, 3).map((run, at) => (
                    <span key={run.run_id}>{at > 0 && ", "}<Link to="/w/$workspace/runs/$run" params={{ workspace, run: run.run_id }}>{titleOf(run)}</Link> {ago(run.created_at)}</span>
                  ))}
                  {runs.length > 3 && ` ${said.andMore(runs.length - 3)}`}
                </p>
              </div>
            </li>
          ))}
        </ul>
      )}
      {asked.data?.next_cursor && <p className="small quiet">{said.oldestOnly(MOST)}</p>}
    </section>
  );
}
