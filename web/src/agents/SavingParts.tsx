import { useMemo } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { useReadAgain } from "../api/again";
import { known } from "../api/json";
import { ConflictDialog } from "../editor/draft/ConflictDialog";
import { applied } from "../editor/draft/edits";
import { LeftDrafts } from "../editor/draft/LeftDrafts";
import { useDraft } from "../editor/draft/useDraft";
import { type Saving, useSaving } from "../editor/draft/useSaving";
import { SaveBar } from "../editor/SaveBar";
import { words } from "../words";
import { definitionKey, fieldsIn, putDefinition, readDefinition, type SavedDefinition } from "./definitions";

/** What is edited of an agent or a tool, and how it is saved. */
export function useDefinitionSaving(workspace: string, saved: SavedDefinition) {
  const { kind, body } = saved;
  const base = useMemo(() => fieldsIn(body), [body]);
  const queries = useQueryClient();
  const readAgain = useReadAgain();
  return useSaving<SavedDefinition>({
    saved,
    draft: useDraft(`${workspace}/${kind}/${body.id}`, base, saved.tag),
    path: `api/v1/${kind}/${encodeURIComponent(body.id)}`,
    read: () => readDefinition(kind, body.id),
    put: (over, edits, note) => putDefinition(over, applied(fieldsIn(over.body), edits), note),
    fieldsOf: (now) => fieldsIn(now.body),
    know: (now) => {
      queries.setQueryData(definitionKey(workspace, kind, body.id), now);
      readAgain("agents", workspace, kind);
    },
  });
}

/** What is not saved of an agent or a tool, how it is, and what others saved meanwhile. */
export function SavingParts({ saving, isDisabled }: { saving: Saving; isDisabled: boolean }) {
  return (
    <>
      <LeftDrafts draft={saving.draft} />
      <SaveBar saving={saving} isDisabled={isDisabled} />
      {saving.conflict && <ConflictDialog conflicts={saving.conflict} nameOf={(field) => known<string>(words.editor.settings, field) ?? field} isGone={() => false}
        onClose={saving.close} onChosen={(isMine) => void saving.resolve(isMine)} />}
    </>
  );
}
