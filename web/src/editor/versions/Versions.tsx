import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useReadAgain } from "../../api/again";
import { call, get, type Schema } from "../../api/client";
import { Button } from "../../ui/Button";
import { ago, clock } from "../../ui/figures";
import { Refused } from "../../ui/Notice";
import { words } from "../../words";
import { type Pipeline, readPipeline, useKnow } from "../pipeline";
import { Choice } from "../settings/parts";
import { Aliases } from "./Aliases";
import { DiffWords } from "./DiffWords";
import { type Drawn, drawnDifference, type FlowDiff } from "./difference";
import { NameVersion } from "./NameVersion";

export type Looked = Drawn;
type Version = Schema<"VersionShape">;

/** Every version with who made it, when, why; what each changed, on the flow and in words. */
export function Versions({ workspace, pipeline, isDisabled, isChanged, onChoose, onLook }: {
  workspace: string;
  pipeline: Pipeline;
  isDisabled: boolean;
  isChanged: boolean;
  chosen: string | null;
  onChoose: (id: string | null) => void;
  onLook: (looked: Looked | null) => void;
}) {
  const path = `api/v1/pipelines/${encodeURIComponent(pipeline.id)}`;
  const key = ["editor", workspace, "versions", pipeline.id] as const;
  const versions = useInfiniteQuery({
    queryKey: [...key, "list"],
    queryFn: ({ pageParam }) => get<Schema<"VersionPage">>(`${path}/versions`, { limit: 30, cursor: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const aliases = useQuery({ queryKey: [...key, "aliases"], queryFn: () => get<Schema<"AliasList">>(`${path}/aliases`) });
  const [looked, setLooked] = useState<number | null>(null);
  const [against, setAgainst] = useState("");
  const all = versions.data?.pages.flatMap((page) => page.items) ?? [];
  const onNumber = (number: number) => (aliases.data?.items ?? []).filter((each) => each.number === number);

  return (
    <div className="stack">
      <h2>{words.editor.versions}</h2>
      <Refused error={versions.error} />
      <ol className="version-list">
        {all.map((version) => (
          <li key={version.number} className={looked === version.number ? "is-looked" : ""}>
            <div className="spread">
              <Button look="quiet" small aria-expanded={looked === version.number} onPress={() => { setAgainst(firstAgainst(version, pipeline)); setLooked(looked === version.number ? null : version.number); }}>
                <strong>{words.editor.version} {version.number}</strong> {version.name ?? ""}
              </Button>
              <span>{onNumber(version.number).map((each) => <span key={each.alias} className="tag">{each.alias}</span>)}</span>
            </div>
            <span className="quiet small" title={clock(version.created_at)}>{version.made_by ?? words.editor.somebody}, {ago(version.created_at)}{version.number === pipeline.version_number && `, ${words.editor.current}`}</span>
            {version.note && <span className="small">{version.note}</span>}
            {looked === version.number && (
              <Look workspace={workspace} pipeline={pipeline} version={version} against={against} onLook={onLook} onChoose={onChoose}>
                <Choice label={words.editor.against} value={against} onChange={setAgainst} options={[
                  ["", words.editor.before], ...all.filter((each) => each.number !== version.number).map((each) => [String(each.number), `${words.editor.version} ${each.number}`] as const),
                ]} />
                <VersionActs workspace={workspace} pipeline={pipeline} version={version} isDisabled={isDisabled} isChanged={isChanged} onRestored={() => setLooked(null)} />
              </Look>
            )}
          </li>
        ))}
      </ol>
      {versions.hasNextPage && <Button onPress={() => void versions.fetchNextPage()} isDisabled={versions.isFetchingNextPage}>{words.ui.more}</Button>}
      <Aliases path={path} queryKey={key} aliases={aliases.data?.items ?? []} numbers={all.map((each) => each.number)} isDisabled={isDisabled} />
    </div>
  );
}

function Look({ workspace, pipeline, version, against, onLook, onChoose, children }: {
  workspace: string; pipeline: Pipeline; version: Version; against: string; children: React.ReactNode;
  onLook: (looked: Looked | null) => void; onChoose: (id: string) => void;
}) {
  const path = `api/v1/pipelines/${encodeURIComponent(pipeline.id)}/versions/${version.number}`;
  const found = useQuery({
    queryKey: ["editor", workspace, "version", pipeline.id, version.number, against],
    queryFn: async () => {
      const [diff, detail] = await Promise.all([get<FlowDiff>(`${path}/diff`, { against: against || null }), get<Schema<"VersionDetail">>(path)]);
      return { diff, drawn: drawnDifference(diff, detail.flow, pipeline.flow) };
    },
    staleTime: Infinity,
  });
  const drawn = found.data?.drawn;
  useEffect(() => {
    onLook(drawn ?? null);
    return () => onLook(null);
  }, [drawn]);
  return (
    <div className="stack">
      {children}
      <Refused error={found.error} />
      {found.data ? <DiffWords diff={found.data.diff} onChoose={onChoose} /> : <p role="status" className="quiet">{words.ui.loading}</p>}
    </div>
  );
}

/** Nothing was before the first version: it is held against what there is now. */
function firstAgainst({ number }: Version, { version_number: now }: Pipeline): string {
  return number === 1 && now > 1 ? String(now) : "";
}

function VersionActs({ workspace, pipeline, version, isDisabled, isChanged, onRestored }: {
  workspace: string; pipeline: Pipeline; version: Version; isDisabled: boolean; isChanged: boolean; onRestored: () => void;
}) {
  const know = useKnow(workspace);
  const readAgain = useReadAgain();
  const [error, setError] = useState<unknown>(null);
  const isNow = version.version === pipeline.version;
  const restore = async () => {
    setError(null);
    try {
      await call("POST", `api/v1/pipelines/${encodeURIComponent(pipeline.id)}/versions/${version.number}/restore`);
      know(await readPipeline(pipeline.id));
      onRestored();
    } catch (wrong) {
      setError(wrong);
    }
  };
  const whyNot = isDisabled ? words.editor.onlyMembers : isChanged ? words.editor.saveFirst : isNow ? words.editor.isCurrent : undefined;
  return (
    <>
      <div className="row">
        <span title={whyNot}><Button small onPress={() => void restore()} isDisabled={Boolean(whyNot)}>{words.editor.restore}</Button></span>
        {whyNot && <span className="quiet small">{whyNot}</span>}
      </div>
      <NameVersion path={`api/v1/pipelines/${encodeURIComponent(pipeline.id)}/versions/${version.number}`} version={version} isDisabled={isDisabled}
        onNamed={() => readAgain("editor", workspace, "versions", pipeline.id)} />
      <Refused error={error} />
    </>
  );
}
