// "Why does it not start?" of one run, answered in one sentence.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { get, type Schema } from "../api/client";
import { titleOf } from "../runs/rows";
import { useAddress, useTyped } from "../shell/address";
import { Field } from "../ui/Field";
import { ago } from "../ui/figures";
import { Refused } from "../ui/Notice";
import { nameOf, StatusMark } from "../ui/Status";
import { words } from "../words";
import { idIn, type Run } from "./reasons";

const said = words.system;
const EVERY_MS = 3_000;

export function WhyOne({ workspace, runs }: { workspace: string; runs: readonly Run[] }) {
  const [address, change] = useAddress();
  const [typed, type] = useTyped(address.get("run") ?? "", (run) => change({ run }));
  const id = idIn(typed);
  const found = useQuery({
    queryKey: ["system", workspace, "why", id],
    queryFn: ({ signal }) => get<Schema<"RunPage">>("api/v1/runs", { id_prefix: id, limit: 1 }, signal).then(({ items }) => items[0] ?? null),
    enabled: id !== null,
    refetchInterval: EVERY_MS,
  });
  const wrong = typed.trim() !== "" && id === null ? said.noId : undefined;
  return (
    <div className="why-one">
      <Field label={said.whyOne} value={typed} onChange={type} type="search" placeholder={said.whyOneHint} maxLength={500} wrong={wrong} spellCheck="false" />
      {runs.length > 0 && !typed && (
        <p className="row small"><span className="quiet">{said.longest}</span>
          {runs.slice(0, 3).map((run) => <button key={run.run_id} type="button" className="button quiet is-small clip" onClick={() => change({ run: run.run_id })}>{titleOf(run)}</button>)}
        </p>
      )}
      <Refused error={id === null ? null : found.error} />
      <div role="status">
        {id !== null && found.data === null && <p>{said.noRun}</p>}
        {id !== null && found.data && <Answer workspace={workspace} run={found.data} />}
      </div>
    </div>
  );
}

function Answer({ workspace, run }: { workspace: string; run: Run }) {
  return (
    <p className="row answer"><StatusMark status={run.status} label={false} />
      <span><Link to="/w/$workspace/runs/$run" params={{ workspace, run: run.run_id }}>{titleOf(run)}</Link>: {sentenceOf(run)}</span>
    </p>
  );
}

function sentenceOf(run: Run): string {
  if (run.waiting_for) return run.waiting_for.text;
  if (run.finished_at) return said.isOver(nameOf(run.status).toLowerCase(), ago(run.finished_at));
  return run.started_at ? said.goesOn : said.justAsked;
}
