import { ConflictDialog } from "../editor/draft/ConflictDialog";
import { known } from "../editor/flow/drawing";
import { LeftDrafts } from "../editor/draft/LeftDrafts";
import { SaveBar } from "../editor/SaveBar";
import { words } from "../words";
import type { Saving } from "./useSaving";

/** What is not saved of an agent or a tool, how it is, and what others saved meanwhile. */
export function SavingParts({ saving, isDisabled }: { saving: Saving; isDisabled: boolean }) {
  const { draft, conflict } = saving;
  return (
    <>
      <LeftDrafts draft={draft} />
      <SaveBar count={Object.keys(draft.edits).length} note={saving.note} onNote={saving.setNote} onSave={() => void saving.save()} onDrop={draft.drop}
        isBusy={saving.isBusy} error={saving.error} isDisabled={isDisabled} />
      {conflict && <ConflictDialog conflicts={conflict} nameOf={(field) => known<string>(words.editor.settings, field) ?? field} isGone={() => false}
        onClose={saving.close} onChosen={(isMine) => void saving.resolve(isMine)} />}
    </>
  );
}
