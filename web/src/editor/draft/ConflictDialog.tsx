import { useState } from "react";
import { Button } from "../../ui/Button";
import { Sheet } from "../../ui/Sheet";
import { words } from "../../words";
import { Code } from "../text/LazyText";
import type { Conflict } from "./edits";

/** What others saved meanwhile, beside what this page has: for each field one of both is chosen. */
export function ConflictDialog({ conflicts, nameOf, isGone, onChosen, onClose }: {
  conflicts: readonly Conflict[];
  nameOf: (field: string) => string;
  /** What the field is of is there no more. */
  isGone: (field: string) => boolean;
  onChosen: (isMine: (field: string) => boolean) => void;
  onClose: () => void;
}) {
  const [theirs, setTheirs] = useState<ReadonlySet<string>>(new Set());
  const isMine = (field: string) => !theirs.has(field) && !isGone(field);
  const choose = (field: string, mine: boolean) => {
    const next = new Set(theirs);
    if (mine) next.delete(field);
    else next.add(field);
    setTheirs(next);
  };
  return (
    <Sheet title={words.editor.conflict} isOpen onClose={onClose} wide>
      <p>{words.editor.conflictWhy}</p>
      <div className="stack">
        {conflicts.map(({ field, mine, theirs: saved, isBoth }) => (
          <fieldset key={field} className="group">
            <legend>{nameOf(field)}</legend>
            <p className="quiet small">{isGone(field) ? words.editor.conflictGone : isBoth ? words.editor.conflictBoth : words.editor.conflictMine}</p>
            <div className="two">
              <Side label={words.editor.mine} value={mine} name={field} isOn={isMine(field)} isDisabled={isGone(field)} onChoose={() => choose(field, true)} />
              <Side label={words.editor.theirs} value={saved} name={field} isOn={!isMine(field)} isDisabled={false} onChoose={() => choose(field, false)} />
            </div>
          </fieldset>
        ))}
        {conflicts.length === 0 && <p>{words.editor.conflictNone}</p>}
      </div>
      <div className="row">
        <Button look="main" onPress={() => onChosen(isMine)}>{words.editor.saveChosen}</Button>
        <Button onPress={onClose}>{words.editor.goOnEditing}</Button>
      </div>
    </Sheet>
  );
}

function Side({ label, value, name, isOn, isDisabled, onChoose }: {
  label: string; value: unknown; name: string; isOn: boolean; isDisabled: boolean; onChoose: () => void;
}) {
  const text = value === undefined ? words.editor.nothing : typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return (
    <div className="stack">
      <div className="spread">
        <label className="row"><input type="radio" name={name} checked={isOn} disabled={isDisabled} onChange={onChoose} /> {label}</label>
        <Button small look="quiet" aria-label={`${words.ui.copy}: ${label}`} onPress={() => void navigator.clipboard.writeText(text)}>{words.ui.copy}</Button>
      </div>
      <Code label={label} value={text} isReadOnly onChange={() => undefined} />
    </div>
  );
}
