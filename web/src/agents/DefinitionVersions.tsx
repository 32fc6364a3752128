import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useReadAgain } from "../api/again";
import { call, get, type Schema } from "../api/client";
import { Changes } from "../editor/versions/DiffWords";
import { NameVersion } from "../editor/versions/NameVersion";
import { Button } from "../ui/Button";
import { ago, clock } from "../ui/figures";
import { Refused } from "../ui/Notice";
import { words } from "../words";
import type { SavedDefinition } from "./definitions";

type Version = Pick<Schema<"AgentVersionShape">, "number" | "name" | "note" | "made_by" | "created_at">;

/** The versions of an agent or a tool, what each changed, and the way back to one. */
export function DefinitionVersions({ workspace, saved, isDisabled }: { workspace: string; saved: SavedDefinition; isDisabled: boolean }) {
  const path = `api/v1/${saved.kind}/${encodeURIComponent(saved.body.id)}/versions`;
  const [isOpen, setOpen] = useState(false);
  const [looked, setLooked] = useState<number | null>(null);
  const versions = useInfiniteQuery({
    queryKey: ["agents", workspace, saved.kind, "versions", saved.body.id],
    queryFn: ({ pageParam }) => get<{ items: Version[]; next_cursor: string | null }>(path, { limit: 20, cursor: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    enabled: isOpen,
  });
  const all = versions.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <details className="more" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.editor.versions} <span className="quiet small">{saved.body.version_number}</span></summary>
      <Refused error={versions.error} />
      <ol className="version-list">
        {all.map((version) => (
          <li key={version.number} className={looked === version.number ? "is-looked" : ""}>
            <div className="spread">
              <Button small look="quiet" aria-expanded={looked === version.number} onPress={() => setLooked(looked === version.number ? null : version.number)}><strong>{version.number}</strong> {version.name ?? ""}</Button>
              <span className="quiet small" title={clock(version.created_at)}>{version.made_by ?? words.editor.somebody}, {ago(version.created_at)}</span>
            </div>
            {version.note && <span className="small">{version.note}</span>}
            {looked === version.number && <Look workspace={workspace} path={`${path}/${version.number}`} version={version} isDisabled={isDisabled} isNow={version.number === saved.body.version_number} />}
          </li>
        ))}
      </ol>
      {versions.hasNextPage && <Button onPress={() => void versions.fetchNextPage()}>{words.ui.more}</Button>}
    </details>
  );
}

function Look({ workspace, path, version, isDisabled, isNow }: { workspace: string; path: string; version: Version; isDisabled: boolean; isNow: boolean }) {
  const readAgain = useReadAgain();
  const [error, setError] = useState<unknown>(null);
  const diff = useQuery({ queryKey: ["agents", workspace, "diff", path], queryFn: () => get<Schema<"AgentDiff">>(`${path}/diff`), staleTime: Infinity });
  const again = () => readAgain("agents", workspace);
  return (
    <div className="stack">
      <div className="row"><Button small isDisabled={isDisabled || isNow} onPress={() => void call("POST", `${path}/restore`).then(again, setError)}>{words.editor.restore}</Button></div>
      <NameVersion path={path} version={version} isDisabled={isDisabled} onNamed={again} />
      <Refused error={error ?? diff.error} />
      {diff.data && (diff.data.changes.length > 0 ? <Changes changes={diff.data.changes} /> : <p className="quiet">{words.editor.noDifference}</p>)}
    </div>
  );
}
