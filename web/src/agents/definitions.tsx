// An agent or a tool as it is saved: read, replaced by If-Match, deleted, restored, its versions.

import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useSession } from "../account/session";
import { useReadAgain } from "../api/again";
import { ask, call, isMissing } from "../api/client";
import { LONGEST_SAVE_MS } from "../editor/pipeline";
import { Button } from "../ui/Button";
import { clock } from "../ui/figures";
import { Notice, Refused } from "../ui/Notice";
import { words } from "../words";

export type Kind = "agents" | "tools";

export interface Definition extends Record<string, unknown> {
  id: string;
  name: string;
  version_number: number;
  updated_at: string;
  deleted_at: string | null;
}

export interface SavedDefinition {
  kind: Kind;
  body: Definition;
  tag: string;
}

const NOT_SAVED = new Set(["id", "version_number", "created_at", "updated_at", "deleted_at", "listed"]);

/** What is saved of it: all but what the api counts. */
export function fieldsIn(body: Definition): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([name, value]) => !NOT_SAVED.has(name) && value !== null));
}

export function definitionKey(workspace: string, kind: Kind, id: string) {
  return ["agents", workspace, kind, "one", id] as const;
}

export async function readDefinition(kind: Kind, id: string): Promise<SavedDefinition> {
  const told = await ask<Definition>("GET", `api/v1/${kind}/${encodeURIComponent(id)}`);
  return { kind, body: told.body, tag: told.headers.get("etag") ?? "" };
}

/** Replaces all of it. Throws Problem, 412 where others saved meanwhile. */
export async function putDefinition({ kind, body, tag }: SavedDefinition, fields: Record<string, unknown>, note: string): Promise<SavedDefinition> {
  const told = await ask<Definition>("PUT", `api/v1/${kind}/${encodeURIComponent(body.id)}`, {
    body: { ...fields, ...(note.trim() && { note: note.trim() }) }, headers: { "If-Match": tag }, signal: AbortSignal.timeout(LONGEST_SAVE_MS),
  });
  return { kind, body: told.body, tag: told.headers.get("etag") ?? "" };
}

/** Reads it and shows it; one that was deleted can be had back. */
export function Made({ workspace, kind, id, onGone, children }: {
  workspace: string; kind: Kind; id: string; onGone: () => void; children: (saved: SavedDefinition) => ReactNode;
}) {
  const { may } = useSession();
  const readAgain = useReadAgain();
  const [error, setError] = useState<unknown>(null);
  const found = useQuery({ queryKey: definitionKey(workspace, kind, id), queryFn: () => readDefinition(kind, id) });
  const act = async (method: "POST" | "DELETE", path: string) => {
    setError(null);
    try {
      await call(method, `api/v1/${kind}/${encodeURIComponent(id)}${path}`);
      if (method === "DELETE") onGone();
      readAgain("agents", workspace);
    } catch (wrong) {
      setError(wrong);
    }
  };
  const isGone = isMissing(found.error);
  if (isGone) {
    return (
      <div className="stack">
        <Notice tone="wait" title={words.agents.gone[kind]} actions={
          <>
            <Button isDisabled={!may("member")} onPress={() => void act("POST", "/restore")}>{words.agents.restore}</Button>
            {!may("member") && <span className="quiet small">{words.agents.onlyMembers}</span>}
          </>
        }>{words.editor.deleted}</Notice>
        <Refused error={error} />
      </div>
    );
  }
  if (found.error) return <Refused error={found.error} />;
  if (!found.data) return <p role="status" className="quiet">{words.ui.loading}</p>;
  const { body } = found.data;
  return (
    <div className="stack">
      <div className="spread">
        <div>
          <h2>{body.name}</h2>
          <p className="quiet small">{words.editor.version} {body.version_number}, {words.editor.savedAt} {clock(body.updated_at)}</p>
        </div>
        <span title={may("admin") ? undefined : words.agents.onlyAdmins}>
          <Button small look="danger" isDisabled={!may("admin")} onPress={() => void act("DELETE", "")}>{words.agents.delete}</Button>
        </span>
      </div>
      <Refused error={error} />
      {children(found.data)}
    </div>
  );
}
