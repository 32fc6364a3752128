import { useEffect, useRef } from "react";
import { Button } from "../ui/Button";
import { Refused } from "../ui/Notice";
import { words } from "../words";

/** What is not saved yet, and how it is: Cmd or Ctrl with S does it too. */
export function SaveBar({ count, note, onNote, onSave, onDrop, isBusy, error, isDisabled = false }: {
  count: number;
  note: string;
  onNote: (note: string) => void;
  onSave: () => void;
  onDrop: () => void;
  isBusy: boolean;
  error: unknown;
  isDisabled?: boolean;
}) {
  const latest = useRef({ onSave, isReady: !isBusy && !isDisabled });
  latest.current = { onSave, isReady: !isBusy && !isDisabled };
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "s" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      // What is typed in a field is told as it is left.
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      setTimeout(() => { if (latest.current.isReady) latest.current.onSave(); });
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  if (count === 0) return error ? <Refused error={error} /> : null;
  return (
    <div className="save-bar" role="region" aria-label={words.editor.unsavedChanges}>
      <strong>{count} {count === 1 ? words.editor.unsavedChange : words.editor.unsavedChanges}</strong>
      <input className="input" aria-label={words.editor.note} placeholder={words.editor.note} value={note} maxLength={2000} onChange={(event) => onNote(event.target.value)} />
      <Button look="main" onPress={onSave} isDisabled={isBusy || isDisabled}>{isBusy ? words.editor.saving : words.ui.save}</Button>
      <Button look="quiet" onPress={onDrop} isDisabled={isBusy}>{words.editor.drop}</Button>
      {Boolean(error) && <div className="save-wrong"><Refused error={error} /></div>}
    </div>
  );
}
