import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, type Schema } from "../../api/client";
import { Button } from "../../ui/Button";
import { bytes } from "../../ui/figures";
import { Field } from "../../ui/Field";
import { words } from "../../words";
import { isBlob } from "../facts/text";
import { type Draft, edited, LATEST, namedIn, SAME, TEXTS, textOf, withVariable, type Wrongs } from "./draft";
import { useRunNow } from "../context";
import type { StepNode } from "../graph/drawing";

const MOST_VERSIONS = 30;

interface Part {
  draft: Draft;
  onChange(draft: Draft): void;
  wrongs: Wrongs;
}

/** From which step, to which, and with what changes. */
export function ForkFields(part: Part) {
  const { draft, onChange, wrongs } = part;
  const { steps } = useRunNow();
  const [more, setMore] = useState<readonly string[]>(() => Object.keys(draft.edits));
  const shown = steps.filter(({ node }) => node === draft.from || more.includes(node));
  const others = steps.filter((step) => !shown.includes(step) && TEXTS.some((field) => textOf(step.data, field) !== null));
  return (
    <div className="stack">
      <div className="fork-ends">
        <Choice label={words.time.from} value={draft.from} wrong={wrongs.at.get("from")} options={optionsOf(steps)} onChange={(from) => onChange({ ...draft, from })} />
        <Choice label={words.time.until} value={draft.until} wrong={wrongs.at.get("until")} options={[["", words.time.end], ...optionsOf(steps)]}
          onChange={(until) => onChange({ ...draft, until })} />
      </div>
      <Version {...part} />
      {shown.map((step) => <StepTexts key={step.node} step={step} {...part} />)}
      {others.length > 0 && (
        <Choice label={words.time.otherStep} value="" options={[["", words.time.choose], ...optionsOf(others)]} onChange={(node) => node && setMore([...more, node])} />
      )}
      <Variables {...part} />
      <Input {...part} />
    </div>
  );
}

// Only a run of a pipeline has versions to choose from.
function Version({ draft, onChange, wrongs }: Part) {
  const { drawing: { pipeline }, live: { requested } } = useRunNow();
  const found = useQuery({
    queryKey: ["pipeline", pipeline?.id, "versions", "fork"], enabled: pipeline !== null,
    queryFn: ({ signal }) => get<Schema<"VersionPage">>(`api/v1/pipelines/${encodeURIComponent(pipeline?.id ?? "")}/versions`, { limit: MOST_VERSIONS }, signal),
  });
  if (!pipeline) return null;
  const others = (found.data?.items ?? []).filter(({ version }) => version !== requested?.pipeline_version);
  return (
    <Choice label={words.time.version} value={draft.version} wrong={wrongs.at.get("version")} onChange={(version) => onChange({ ...draft, version })}
      options={[[SAME, words.time.sameVersion], [LATEST, words.time.latestVersion], ...others.map(({ number, name, version }) => [version, name ? `${number} · ${name}` : String(number)] as const)]} />
  );
}

type Options = readonly (readonly [value: string, said: string])[];

function optionsOf(steps: readonly StepNode[]): Options {
  return steps.map(({ node, label }) => [node, label]);
}

function Choice({ label, value, wrong, options, onChange }: {
  label: string; value: string; wrong?: string | undefined; options: Options; onChange: (value: string) => void;
}) {
  return (
    <label className="field">
      <span className="label">{label}</span>
      <select className="input" value={value} aria-invalid={wrong ? true : undefined} onChange={(event) => onChange(event.target.value)}>
        {options.map(([each, said], at) => <option key={at} value={each}>{said}</option>)}
      </select>
      {wrong && <span className="wrong" role="alert">{wrong}</span>}
    </label>
  );
}

function StepTexts({ step, draft, onChange, wrongs }: Part & { step: StepNode }) {
  const fields = TEXTS.filter((field) => textOf(step.data, field) !== null);
  return (
    <fieldset className="fork-step">
      <legend>{step.label}</legend>
      {fields.length === 0 && <p className="quiet small">{words.time.noText}</p>}
      {fields.map((field) => {
        const was = textOf(step.data, field) ?? "";
        const text = draft.edits[step.node]?.[field] ?? was;
        const isLong = field !== "model";
        return (
          <Field key={field} label={words.time[field]} value={text} wrong={wrongs.at.get(`edits.${step.node}.${field}`)} mono={isLong}
            onChange={(next) => onChange(edited(draft, step.node, field, next, was))} about={text === was ? undefined : words.time.changed}
            {...(isLong && { lines: Math.min(14, Math.max(3, text.split("\n").length + Math.floor(text.length / 70))) })} />
        );
      })}
    </fieldset>
  );
}

function Variables({ draft, onChange, wrongs }: Part) {
  const { live } = useRunNow();
  const had = (live.requested?.variables ?? {}) as Record<string, string>;
  const names = [...new Set([...Object.keys(had), ...Object.keys(draft.variables), ...namedIn(draft)])];
  if (names.length === 0) return null;
  return (
    <fieldset className="fork-step">
      <legend>{words.time.variables}</legend>
      {names.map((name) => {
        const was = had[name] ?? "";
        const text = draft.variables[name] ?? was;
        return <Field key={name} label={name} value={text} wrong={wrongs.at.get(`variables.${name}`)} onChange={(next) => onChange(withVariable(draft, name, next, was))}
          about={text === was ? undefined : words.time.changed} />;
      })}
    </fieldset>
  );
}

function Input({ draft, onChange, wrongs }: Part) {
  const { live } = useRunNow();
  const had = live.requested?.input;
  const isLarge = isBlob(had);
  if (isLarge && draft.input === null) {
    return (
      <div className="spread">
        <span><span className="label">{words.time.input}</span> <span className="quiet small">{words.time.inputTooLarge} ({bytes(had.size_bytes)})</span></span>
        <Button small onPress={() => onChange({ ...draft, input: "" })}>{words.time.replaceInput}</Button>
      </div>
    );
  }
  const was = typeof had === "string" ? had : null;
  const text = draft.input ?? was ?? "";
  return (
    <div className="stack">
      <Field label={words.time.input} value={text} lines={4} wrong={wrongs.at.get("input")} onChange={(next) => onChange({ ...draft, input: next === was ? null : next })}
        about={draft.input === null ? undefined : words.time.changed} />
      {isLarge && <div><Button small look="quiet" onPress={() => onChange({ ...draft, input: null })}>{words.time.keepInput}</Button></div>}
    </div>
  );
}
