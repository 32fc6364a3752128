// A large text: an editor that is loaded when it is first shown, over the whole page if need be.

import { type ReactNode, useDeferredValue, useId, useMemo, useState } from "react";
import { bytes } from "../../ui/figures";
import { Button } from "../../ui/Button";
import { later } from "../../ui/later";
import { words } from "../../words";
import { Sheet } from "../../ui/Sheet";
import { holesIn, isWrong, judge, type Names, type Offer } from "../flow/placeholders";
import "./text.css";

/** Over this the words of a text are not coloured, and no diff of it is made: typing comes first. */
export const HEAVY = 400_000;

export interface CodeProps {
  value: string;
  onChange: (value: string) => void;
  label: string;
  language?: "text" | "json";
  names?: Names | undefined;
  offers?: readonly Offer[] | undefined;
  /** What is saved: differences from it are shown. */
  saved?: string | undefined;
  isReadOnly?: boolean;
  placeholder?: string | undefined;
  describedBy?: string | undefined;
}

export const Code = later<CodeProps>(
  () => import("./CodeEditor").then((found) => found.CodeEditor),
  () => <div className="code is-coming" role="status">{words.ui.loading}</div>,
);

export interface TextProps extends Omit<CodeProps, "describedBy"> {
  about?: ReactNode;
}

/** With its name, what it is for, what is wrong in it, its difference from what is saved, full screen. */
export function LazyText({ about, saved, ...rest }: TextProps) {
  const [isFull, setFull] = useState(false);
  const [isCompared, setCompared] = useState(false);
  const id = useId();
  const { label, value, names } = rest;
  const isChanged = saved !== undefined && saved !== value;
  const isHeavy = value.length > HEAVY || (saved?.length ?? 0) > HEAVY;
  const code = <Code {...rest} describedBy={id} saved={isCompared && isChanged && !isHeavy ? saved : undefined} />;
  return (
    <div className="field text-field">
      <div className="spread">
        <span className="label">{label}</span>
        <span className="row">
          <span className="quiet small number">{sizeOf(value)}</span>
          {isChanged && isHeavy && <span className="quiet small">{words.editor.tooLongToCompare}</span>}
          {isChanged && !isHeavy && (
            <Button look="quiet" small onPress={() => setCompared(!isCompared)} aria-pressed={isCompared}>
              {isCompared ? words.editor.hideDiff : words.editor.showDiff}
            </Button>
          )}
          <Button look="quiet" small onPress={() => setFull(true)} aria-label={`${words.editor.fullScreen}: ${label}`}>⤢</Button>
        </span>
      </div>
      {isFull ? <div className="code is-coming quiet">{words.editor.openFull}</div> : code}
      <div id={id} className="quiet small">{about}</div>
      {names && <Holes value={value} names={names} />}
      <Sheet title={label} isOpen={isFull} onClose={() => setFull(false)} wide>
        <div className="text-full">{isFull && code}</div>
        {names && <Holes value={value} names={names} />}
      </Sheet>
    </div>
  );
}

function sizeOf(text: string): string {
  return text.length < 10_000 ? `${text.length.toLocaleString("en")} ${words.editor.characters}` : bytes(text.length);
}

/** Which placeholders of the text nothing would be put in for, and why. */
function Holes({ value, names }: { value: string; names: Names }) {
  const late = useDeferredValue(value);
  const wrong = useMemo(() => {
    const found = new Map<string, string>();
    for (const hole of holesIn(late)) {
      const verdict = judge(hole.name, names);
      if (isWrong(verdict)) found.set(hole.name, words.editor.holes[verdict as keyof typeof words.editor.holes]);
    }
    return [...found].slice(0, 8);
  }, [late, names]);
  if (wrong.length === 0) return null;
  return (
    <ul className="holes" role="status">
      {wrong.map(([name, why]) => <li key={name}><code>{`{{${name}}}`}</code> {why}</li>)}
    </ul>
  );
}
