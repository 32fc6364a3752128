import { useState } from "react";
import { call, type Schema } from "../api/client";
import { isRecord } from "../api/json";
import { Choice, parse, shown } from "../editor/settings/parts";
import { Code } from "../editor/text/LazyText";
import { Button } from "../ui/Button";
import { duration } from "../ui/figures";
import { Notice, Refused } from "../ui/Notice";
import { words } from "../words";
import type { SavedDefinition } from "./definitions";

type Outcome = Schema<"ToolOutcome">;
// A tool may take a minute itself.
const PATIENCE_MS = 90_000;

/** Has a worker call the tool once, as it is saved, and shows what a model would be told. */
export function TryTool({ saved, isChanged, isDisabled }: { saved: SavedDefinition; isChanged: boolean; isDisabled: boolean }) {
  const listed = Array.isArray(saved.body.listed) ? saved.body.listed.filter(isRecord) : [];
  const offered = listed.map((each) => `${saved.body.name}_${String(each.name).replaceAll(/[^A-Za-z0-9_-]/g, "_")}`);
  const [input, setInput] = useState(() => shown(sampleOf(saved.body.input_schema ?? listed[0]?.input_schema)));
  const [tool, setTool] = useState(offered[0] ?? "");
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const read = parse(input);
  const call_ = async () => {
    setBusy(true);
    setError(null);
    setOutcome(null);
    try {
      setOutcome(await call<Outcome>("POST", `api/v1/tools/${encodeURIComponent(saved.body.id)}/call`, { body: { input: read.value ?? {}, ...(tool && { tool }) }, patienceMs: PATIENCE_MS }));
    } catch (wrong) {
      setError(wrong);
    } finally {
      setBusy(false);
    }
  };
  const wrong = read.wrong ?? (read.value === undefined || isRecord(read.value) ? undefined : words.agents.expectedObject);
  return (
    <section className="group stack" aria-label={words.agents.tryIt}>
      <h3>{words.agents.tryIt}</h3>
      <p className="quiet small">{words.agents.tryItAbout}</p>
      {isChanged && <p className="small">{words.agents.trySaved}</p>}
      {offered.length > 1 && <Choice label={words.agents.which} value={tool} options={offered.map((each) => [each, each] as const)} onChange={setTool} />}
      <Code language="json" label={words.agents.arguments} value={input} onChange={setInput} isReadOnly={isDisabled} />
      {wrong && <p className="wrong" role="alert">{wrong}</p>}
      <div className="row"><Button onPress={() => void call_()} isDisabled={isDisabled || isBusy || Boolean(wrong)}>{isBusy ? words.agents.calling : words.agents.call}</Button></div>
      <Refused error={error} />
      {outcome && <Ended outcome={outcome} />}
    </section>
  );
}

function Ended({ outcome }: { outcome: Outcome }) {
  const tones = { ok: "good", error: "bad", unknown: "wait" } as const;
  return (
    <Notice tone={tones[outcome.outcome]} title={`${words.agents.outcomes[outcome.outcome]}, ${duration(outcome.seconds * 1000)}`}>
      {outcome.error && <p>{outcome.error.message} <code>{outcome.error.code}</code></p>}
      {outcome.output && <pre className="outcome">{outcome.output}</pre>}
      {outcome.cut && <p className="small">{words.agents.cut}</p>}
    </Notice>
  );
}

/** Arguments to begin with: each that is required, with a value of its kind. */
export function sampleOf(schema: unknown): Record<string, unknown> {
  const properties = isRecord(schema) && isRecord(schema.properties) ? schema.properties : {};
  const required: unknown[] = isRecord(schema) && Array.isArray(schema.required) ? schema.required : [];
  const values: Record<string, unknown> = { string: "", number: 0, integer: 0, boolean: false, array: [], object: {} };
  return Object.fromEntries(Object.entries(properties).filter(([name]) => required.includes(name))
    .map(([name, each]) => [name, isRecord(each) && Array.isArray(each.enum) ? each.enum[0] : values[isRecord(each) ? String(each.type) : ""] ?? ""]));
}
