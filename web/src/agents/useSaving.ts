import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Problem } from "../api/client";
import { applied, conflictsOf, rebased } from "../editor/draft/edits";
import { useDraft } from "../editor/draft/useDraft";
import { definitionKey, fieldsIn, putDefinition, readDefinition, type SavedDefinition } from "./definitions";

/** What is edited of an agent or a tool, and how it is saved over what was read and nothing else. */
export function useSaving(workspace: string, saved: SavedDefinition) {
  const { kind, body } = saved;
  const base = useMemo(() => fieldsIn(body), [body]);
  const draft = useDraft(`${workspace}/${kind}/${body.id}`, base, saved.tag);
  const queries = useQueryClient();
  const [note, setNote] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [theirs, setTheirs] = useState<SavedDefinition | null>(null);

  const know = (now: SavedDefinition) => {
    queries.setQueryData(definitionKey(workspace, kind, body.id), now);
    draft.saved(fieldsIn(now.body), now.tag);
  };
  const put = async (over: SavedDefinition, fields: Record<string, unknown>) => {
    setBusy(true);
    setError(null);
    try {
      know(await putDefinition(over, fields, note));
      setTheirs(null);
      setNote("");
      await queries.invalidateQueries({ queryKey: ["agents", workspace] });
    } catch (wrong) {
      if (wrong instanceof Problem && wrong.status === 412) setTheirs(await readDefinition(kind, body.id));
      else setError(wrong);
    } finally {
      setBusy(false);
    }
  };
  const now = theirs ? fieldsIn(theirs.body) : {};
  return {
    draft, note, setNote, isBusy, error, conflict: theirs && conflictsOf(draft.edits, now),
    close: () => setTheirs(null),
    save: () => put({ ...saved, tag: draft.tag }, draft.fields),
    resolve: async (isMine: (field: string) => boolean) => {
      if (!theirs) return;
      const kept = rebased(draft.edits, now, isMine);
      know(theirs);
      await put(theirs, applied(now, kept));
    },
  };
}

export type Saving = ReturnType<typeof useSaving>;
