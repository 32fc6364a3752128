// Small fields of a form. A text is told when it is left or Enter is pressed, so that what is half
// typed (`1.`, `{`) is never taken for a value.

import { type ReactNode, useEffect, useId, useState } from "react";
import { words } from "../../words";
import { Code } from "../text/LazyText";
import "./settings.css";

export interface PartProps {
  label: string;
  about?: ReactNode;
  wrong?: string | undefined;
  isDisabled?: boolean;
}

function Frame({ label, about, wrong, id, children }: PartProps & { id: string; children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {wrong && <div className="wrong" role="alert">{wrong}</div>}
      {about && <div id={`${id}-about`} className="quiet small">{about}</div>}
    </div>
  );
}

export function Choice({ value, options, onChange, ...part }: PartProps & {
  value: string;
  options: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <Frame {...part} id={id}>
      <select id={id} className="input" value={value} disabled={part.isDisabled} aria-describedby={part.about ? `${id}-about` : undefined}
        onChange={(event) => onChange(event.target.value)}>
        {!options.some(([key]) => key === value) && <option value={value}>{value}</option>}
        {options.map(([key, name]) => <option key={key} value={key}>{name}</option>)}
      </select>
    </Frame>
  );
}

export function Check({ label, about, value, onChange, isDisabled = false }: PartProps & { value: boolean; onChange: (value: boolean) => void }) {
  const id = useId();
  return (
    <div className="field">
      <label className="row" htmlFor={id}>
        <input id={id} type="checkbox" checked={value} disabled={isDisabled} onChange={(event) => onChange(event.target.checked)}
          aria-describedby={about ? `${id}-about` : undefined} /> {label}
      </label>
      {about && <div id={`${id}-about`} className="quiet small">{about}</div>}
    </div>
  );
}

/** A text that is read when it is left; `read` answers what is wrong with it, or tells its value. */
export function Typed({ value, read, placeholder = "", list, isMono = false, ...part }: PartProps & {
  value: string;
  read: (text: string) => string | undefined;
  placeholder?: string;
  list?: string;
  isMono?: boolean;
}) {
  const id = useId();
  const [text, setText] = useState(value);
  const [wrong, setWrong] = useState<string | undefined>();
  useEffect(() => { setText(value); setWrong(undefined); }, [value]);
  const leave = () => { if (text !== value) setWrong(read(text)); };
  return (
    <Frame {...part} wrong={wrong ?? part.wrong} id={id}>
      <input id={id} className={isMono ? "input mono" : "input"} value={text} placeholder={placeholder} list={list} disabled={part.isDisabled}
        data-invalid={wrong ? true : undefined} aria-invalid={wrong ? true : undefined} aria-describedby={part.about ? `${id}-about` : undefined}
        onChange={(event) => setText(event.target.value)} onBlur={leave}
        onKeyDown={(event) => { if (event.key === "Enter") leave(); }} />
    </Frame>
  );
}

/** A number, or nothing. */
export function Figure({ value, least, most, isWhole, onChange, ...part }: PartProps & {
  value: unknown;
  least: number | null;
  most: number | null;
  isWhole: boolean;
  onChange: (value: number | undefined) => void;
}) {
  const bounds = [least !== null && `${words.editor.from} ${least.toLocaleString("en")}`, most !== null && `${words.editor.to} ${most.toLocaleString("en")}`].filter(Boolean).join(" ");
  return (
    <Typed {...part} value={value === undefined || value === null ? "" : String(value)} placeholder={words.editor.default} read={(text) => {
      const clean = text.trim().replaceAll(",", "");
      if (!clean) return void onChange(undefined);
      const number = Number(clean);
      const isWithin = (least === null || number >= least) && (most === null || number <= most);
      if (!Number.isFinite(number) || (isWhole && !Number.isInteger(number)) || !isWithin) {
        return `${isWhole ? words.editor.expectedWhole : words.editor.expectedNumber} ${bounds}`;
      }
      onChange(number);
      return undefined;
    }} />
  );
}

/** Any JSON; what does not parse is said, and stays as it is typed. */
export function JsonField({ label, about, value, onChange, isDisabled = false }: PartProps & { value: unknown; onChange: (value: unknown) => void }) {
  const id = useId();
  const [text, setText] = useState(() => shown(value));
  const [wrong, setWrong] = useState<string | undefined>();
  useEffect(() => {
    // Not what was just typed: its spaces are the writer's.
    setText((now) => (parse(now).value !== undefined && shown(parse(now).value) === shown(value) ? now : shown(value)));
  }, [value]);
  return (
    <div className="field">
      <span className="label">{label}</span>
      <Code language="json" label={label} value={text} isReadOnly={isDisabled} describedBy={id} onChange={(now) => {
        setText(now);
        const read = parse(now);
        setWrong(read.wrong);
        if (!read.wrong) onChange(read.value);
      }} />
      {wrong && <div className="wrong" role="alert">{wrong}</div>}
      <div id={id} className="quiet small">{about}</div>
    </div>
  );
}

export function shown(value: unknown): string {
  return value === undefined ? "" : JSON.stringify(value, null, 2);
}

export function parse(text: string): { value?: unknown; wrong?: string } {
  if (!text.trim()) return { value: undefined };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { wrong: `${words.editor.expectedJson}: ${error instanceof Error ? error.message : ""}` };
  }
}
