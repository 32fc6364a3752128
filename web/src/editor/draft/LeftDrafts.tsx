import { Button } from "../../ui/Button";
import { ago } from "../../ui/figures";
import { Notice } from "../../ui/Notice";
import { words } from "../../words";
import type { DraftState } from "./useDraft";

/** Says what is not saved: of other tabs, and where the browser cannot keep it. */
export function LeftDrafts({ draft }: { draft: DraftState }) {
  return (
    <>
      {draft.isUnkept && draft.isChanged && <Notice tone="wait">{words.editor.unkept}</Notice>}
      {draft.left.slice(0, 3).map((each) => (
        <Notice key={each.place} title={words.editor.leftDraft} actions={<>
          <Button small onPress={() => draft.take(each)} isDisabled={draft.isChanged}>{words.editor.takeDraft}</Button>
          <Button small look="quiet" onPress={() => draft.forget(each)}>{words.editor.dropDraft}</Button>
        </>}>
          <p>{Object.keys(each.edits).length} {words.editor.changesFrom} {ago(each.at)}. {words.editor.leftDraftWhy}</p>
        </Notice>
      ))}
    </>
  );
}
