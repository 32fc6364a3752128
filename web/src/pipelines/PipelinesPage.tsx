import { useNavigate, useParams } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";
import { useSession } from "../account/session";
import { useAddress, useTyped } from "../shell/address";
import { Button } from "../ui/Button";
import { Empty, Refused } from "../ui/Notice";
import { words } from "../words";
import { ImportDialog } from "./ImportDialog";
import { usePipelines } from "./listing";
import { PipelineTable } from "./PipelineTable";
import { RunDialog } from "./RunDialog";
import { StarterList } from "./StarterList";
import "./pipelines.css";

export function PipelinesPage() {
  const { workspace } = useParams({ from: "/w/$workspace/pipelines" });
  const { may } = useSession();
  const navigate = useNavigate();
  const [address, change] = useAddress();
  const [search, tag, isDeleted] = [address.get("search") ?? "", address.get("tag") ?? "", address.has("deleted")];
  const [typed, type] = useTyped(search, (text) => change({ search: text }));
  const [isMaking, setMaking] = useState(false);
  const [isImporting, setImporting] = useState(false);
  const [running, setRunning] = useState<{ id: string; name: string } | null>(null);
  const asked = { search: useDeferredValue(search), tag, isDeleted };
  const found = usePipelines(workspace, asked);
  const rows = found.data?.pages.flatMap((page) => page.items) ?? [];
  const isFiltered = Boolean(search || tag || isDeleted);
  const isEmpty = found.data !== undefined && rows.length === 0 && !isFiltered;
  const open = (pipeline: string) => void navigate({ to: "/w/$workspace/pipelines/$pipeline", params: { workspace, pipeline } });
  const mayMake = may("member");

  return (
    <div className="page pipelines">
      <div className="spread">
        <h1>{words.shell.places.pipelines}</h1>
        <span className="row" title={mayMake ? undefined : words.pipelines.onlyMembers}>
          <Button onPress={() => setImporting(true)} isDisabled={!mayMake}>{words.pipelines.import}</Button>
          {!isEmpty && <Button look="main" onPress={() => setMaking(!isMaking)} aria-expanded={isMaking} isDisabled={!mayMake}>{words.pipelines.new}</Button>}
        </span>
      </div>
      {(isEmpty || isMaking) && (
        <section className={isEmpty ? "stack" : "sheet stack"} aria-label={words.pipelines.starters}>
          {isEmpty
            ? <Empty title={words.pipelines.none}><p>{words.pipelines.noneWhy}</p></Empty>
            : <h2>{words.pipelines.starters}</h2>}
          <StarterList workspace={workspace} isDisabled={!mayMake} onOpen={open} onRun={setRunning} />
        </section>
      )}
      {!isEmpty && (
        <>
          <div className="filters" role="search">
            <input type="search" className="input" aria-label={words.pipelines.search} placeholder={words.pipelines.search} value={typed} onChange={(event) => type(event.target.value)} />
            {tag && <Button small onPress={() => change({ tag: null })} aria-label={`${words.pipelines.without} ${tag}`}>{tag} ✕</Button>}
            <label className="row"><input type="checkbox" checked={isDeleted} onChange={(event) => change({ deleted: event.target.checked ? "1" : null })} /> {words.pipelines.deleted}</label>
          </div>
          <Refused error={found.error} actions={<Button small onPress={() => void found.refetch()}>{words.ui.retry}</Button>} />
          {found.data && rows.length === 0 && <Empty title={isDeleted ? words.pipelines.noneDeleted : words.pipelines.noneFound} />}
          {rows.length > 0 && <PipelineTable workspace={workspace} rows={rows} isDeleted={isDeleted} onTag={(chosen) => change({ tag: chosen })} onRun={setRunning} />}
          {found.hasNextPage && <Button onPress={() => void found.fetchNextPage()} isDisabled={found.isFetchingNextPage}>{words.ui.more}</Button>}
        </>
      )}
      {isImporting && <ImportDialog onClose={() => setImporting(false)} onOpen={open} />}
      {running && <RunDialog workspace={workspace} {...running} onClose={() => setRunning(null)} />}
    </div>
  );
}
