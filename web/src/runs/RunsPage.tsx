// All runs of the workspace: found, watched, stopped and run again.

import { Link, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useSession } from "../account/session";
import { useAddress } from "../shell/address";
import { Button } from "../ui/Button";
import { Empty, Refused } from "../ui/Notice";
import { words } from "../words";
import { Bulk } from "./many/Bulk";
import { Chosen } from "./many/Chosen";
import { Columns } from "./Columns";
import { useColumns } from "./useColumns";
import { Filters } from "./filters/Filters";
import { filterOf, isEmpty } from "./filters/filter";
import { Jobs } from "./many/Jobs";
import { membersOf } from "./rows";
import { RunsTable } from "./RunsTable";
import { useRuns } from "./useRuns";
import "./runs.css";

const said = words.runs;
const NONE = { status: null, pipeline: null, tags: null, metadata: null, search: null, who: null, since: null, ended: null, from: null, to: null, id: null, mine: null };

export function RunsPage() {
  const { workspace } = useParams({ from: "/w/$workspace" });
  const [address, change] = useAddress();
  const asked = address.toString();
  const filter = useMemo(() => filterOf(new URLSearchParams(asked)), [asked]);
  const [columns, setColumns] = useColumns(workspace);
  const runs = useRuns(workspace, filter);
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  const { may } = useSession();
  const clear = () => change(NONE, true);
  return (
    <div className="page runs">
      <div className="spread">
        <h1>{words.shell.places.runs}</h1>
        <div className="row">
          <span className={runs.isLive ? "live" : "live is-lost"} role="status">{runs.isLive ? said.live : said.notLive}</span>
          <span className="has-columns"><Columns columns={columns} known={membersOf(runs.rows)} onChange={setColumns} /></span>
          <Bulk workspace={workspace} filter={filter} />
        </div>
      </div>
      <Filters key={workspace} workspace={workspace} filter={filter} onChange={change} onClear={clear} />
      <Jobs workspace={workspace} />
      {/* What is no longer shown is not done anything with. */}
      <Chosen workspace={workspace} runs={runs.rows.filter(({ run_id }) => chosen.has(run_id))} onClear={() => choose(new Set())} />
      <Refused error={runs.error} actions={<Button small onPress={() => void runs.refetch()}>{words.ui.retry}</Button>} />
      {runs.isPending && !runs.error && <p className="quiet" role="status">{words.ui.loading}</p>}
      {runs.data && runs.rows.length === 0 && <None workspace={workspace} isFiltered={!isEmpty(filter)} onClear={clear} />}
      {runs.rows.length > 0 && <RunsTable workspace={workspace} rows={runs.rows} columns={columns} choice={may("member") ? { chosen, choose } : null} />}
      {runs.hasNextPage && (
        <div className="row"><Button onPress={() => void runs.fetchNextPage()} isDisabled={runs.isFetchingNextPage}>{words.ui.more}</Button><span className="quiet small">{said.shown(runs.rows.length)}</span></div>
      )}
    </div>
  );
}

function None({ workspace, isFiltered, onClear }: { workspace: string; isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) return <Empty title={said.noneFound} actions={<Button onPress={onClear}>{said.clear}</Button>}><p>{said.noneFoundWhy}</p></Empty>;
  return <Empty title={said.none} actions={<Link className="button main" to="/w/$workspace/pipelines" params={{ workspace }}>{said.toPipelines}</Link>}><p>{said.noneWhy}</p></Empty>;
}
