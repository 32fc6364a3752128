import { useState } from "react";
import { Button } from "../../ui/Button";
import { Notice } from "../../ui/Notice";
import { Sheet } from "../../ui/Sheet";
import { words } from "../../words";
import { Code } from "../text/LazyText";
import { ROW_TYPES, type Row, rowsOf, schemaOf, withRows } from "./fromExample";
import { Check, Choice, JsonField, parse, type PartProps, Typed } from "./parts";

/** A JSON Schema: a table of members where it is a plain object, always as JSON, and from an example. */
export function SchemaField({ value, onChange, label, about, isDisabled = false, emptyIs = words.editor.noSchema }: PartProps & {
  value: unknown;
  onChange: (value: unknown) => void;
  emptyIs?: string;
}) {
  const rows = value === undefined || value === null ? [] : rowsOf(value);
  const [isJson, setJson] = useState(rows === null);
  const [isExample, setExample] = useState(false);
  const isEmpty = value === undefined || value === null;
  return (
    <fieldset className="group" disabled={isDisabled}>
      <legend>{label}</legend>
      <div className="row">
        <Button small look="quiet" aria-pressed={!isJson} isDisabled={rows === null} onPress={() => setJson(false)}>{words.editor.asTable}</Button>
        <Button small look="quiet" aria-pressed={isJson} onPress={() => setJson(true)}>{words.editor.asJson}</Button>
        <Button small onPress={() => setExample(true)} isDisabled={isDisabled}>{words.editor.fromExample}</Button>
        {!isEmpty && <Button small look="quiet" onPress={() => onChange(undefined)} isDisabled={isDisabled}>{words.editor.removeSchema}</Button>}
      </div>
      {isEmpty && <p className="quiet small">{emptyIs}</p>}
      {isJson || rows === null
        ? <JsonField label={`${label} (${words.editor.asJson})`} value={value ?? undefined} onChange={onChange} isDisabled={isDisabled} />
        : <Rows schema={value} rows={rows} onChange={onChange} isDisabled={isDisabled} />}
      {about && <div className="quiet small">{about}</div>}
      <FromExample isOpen={isExample} onClose={() => setExample(false)} onSchema={onChange} />
    </fieldset>
  );
}

function Rows({ schema, rows, onChange, isDisabled }: { schema: unknown; rows: Row[]; onChange: (value: unknown) => void; isDisabled: boolean }) {
  const put = (at: number, row: Row) => {
    const before = rows[at]?.name;
    onChange(withRows(schema, rows.with(at, row), before !== undefined && before !== row.name ? new Map([[row.name, before]]) : new Map()));
  };
  const types = [["", words.editor.anyType] as const, ...ROW_TYPES.map((type) => [type, words.editor.types[type]] as const)];
  return (
    <div className="stack">
      {rows.map((row, at) => (
        <div key={at} className="schema-row">
          <Typed label={words.editor.member} value={row.name} isMono isDisabled={isDisabled} read={(name) => {
            if (!name.trim()) return words.editor.expectedName;
            if (rows.some((other, place) => place !== at && other.name === name.trim())) return words.editor.takenName;
            put(at, { ...row, name: name.trim() });
            return undefined;
          }} />
          <Choice label={words.editor.type} value={row.type} options={types} isDisabled={isDisabled} onChange={(type) => put(at, { ...row, type })} />
          <Typed label={words.editor.meaning} value={row.about} isDisabled={isDisabled} read={(text) => void put(at, { ...row, about: text })} />
          <Check label={words.editor.required} value={row.isRequired} isDisabled={isDisabled} onChange={(isRequired) => put(at, { ...row, isRequired })} />
          <Button small look="quiet" isDisabled={isDisabled} aria-label={`${words.editor.remove} ${row.name}`}
            onPress={() => onChange(withRows(schema, rows.toSpliced(at, 1)))}>✕</Button>
        </div>
      ))}
      <div className="row">
        <Button small isDisabled={isDisabled} onPress={() => onChange(withRows(schema, [...rows, { name: freeName(rows), type: "string", about: "", isRequired: true }]))}>{words.editor.addMember}</Button>
      </div>
    </div>
  );
}

function freeName(rows: readonly Row[]): string {
  const taken = new Set(rows.map((row) => row.name));
  for (let at = rows.length + 1; ; at++) if (!taken.has(`member_${at}`)) return `member_${at}`;
}

function FromExample({ isOpen, onClose, onSchema }: { isOpen: boolean; onClose: () => void; onSchema: (schema: unknown) => void }) {
  const [text, setText] = useState("");
  const read = parse(text);
  return (
    <Sheet title={words.editor.fromExample} isOpen={isOpen} onClose={onClose}>
      <p className="quiet">{words.editor.fromExampleAbout}</p>
      <Code label={words.editor.example} language="json" value={text} onChange={setText} placeholder={words.editor.exampleGhost} />
      {read.wrong && <Notice tone="bad">{read.wrong}</Notice>}
      <div className="row">
        <Button look="main" isDisabled={read.value === undefined} onPress={() => { onSchema(schemaOf(read.value)); onClose(); }}>{words.editor.makeSchema}</Button>
        <Button onPress={onClose}>{words.ui.cancel}</Button>
      </div>
    </Sheet>
  );
}
