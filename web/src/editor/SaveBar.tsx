import { useEffect, useRef } from "react";
import { Button } from "../ui/Button";
import { Notice, Refused } from "../ui/Notice";
import { words } from "../words";
import { countOf } from "./draft/edits";
import type { Saving } from "./draft/useSaving";

/** What is not saved yet, and how it is: Cmd or Ctrl with S does it too. */
export function SaveBar({ saving, isDisabled }: { saving: Saving; isDisabled: boolean }) {
  const { note, isBusy, error } = saving;
  const count = countOf(saving.draft.edits);
  const save = () => { if (!isBusy && !isDisabled) void saving.save(); };
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "s" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      // What is typed in a field is told as it is left.
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      setTimeout(() => latest.current());
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  if (count === 0) return error ? <Refused error={error} /> : null;
  return (
    <div className="save-bar" role="region" aria-label={words.editor.unsavedChanges}>
      <strong>{count} {count === 1 ? words.editor.unsavedChange : words.editor.unsavedChanges}</strong>
      <input className="input" aria-label={words.editor.note} placeholder={words.editor.note} value={note} maxLength={2000} disabled={isDisabled} onChange={(event) => saving.setNote(event.target.value)} />
      <Button look="main" onPress={save} isDisabled={isBusy || isDisabled}>{isBusy ? words.editor.saving : words.ui.save}</Button>
      <Button look="quiet" onPress={saving.drop} isDisabled={isBusy}>{words.editor.drop}</Button>
      <Why saving={saving} />
    </div>
  );
}

/** Why it is not saved, and what becomes of what was typed. */
function Why({ saving: { error, hindrance, isBusy, restore } }: { saving: Saving }) {
  if (!error) return null;
  return (
    <div className="save-wrong">
      {hindrance
        ? <Notice tone="wait" title={words.editor.hindered[hindrance]}
          {...(hindrance === "deleted" && { actions: <Button small onPress={() => void restore()} isDisabled={isBusy}>{words.editor.restoreAndSave}</Button> })}>
          <p>{words.editor.stillKept[hindrance]}</p>
        </Notice>
        : <Refused error={error} />}
    </div>
  );
}
