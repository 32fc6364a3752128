import { useState } from "react";
import { useReadAgain } from "../api/again";
import { call } from "../api/client";
import { Choice, JsonField } from "../editor/settings/parts";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { Refused } from "../ui/Notice";
import { Sheet } from "../ui/Sheet";
import { words } from "../words";
import type { Definition, Kind } from "./definitions";

const INPUT = { type: "object", properties: { id: { type: "string" } }, required: ["id"], additionalProperties: false };
const BEGINNINGS: Record<string, Record<string, unknown>> = {
  http: { input_schema: INPUT, http: { method: "GET", url: "https://api.example.com/items/{{id}}" } },
  nats: { input_schema: INPUT, nats: { timeout_seconds: 30 } },
  mcp: { mcp: { url: "https://mcp.example.com/mcp", tools: ["find_notes"] } },
};

/** A new agent by its name, a new tool with how it is called: the rest is edited on its page. */
export function NewDefinition({ workspace, kind, onClose, onMade }: { workspace: string; kind: Kind; onClose: () => void; onMade: (id: string) => void }) {
  const readAgain = useReadAgain();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [toolKind, setToolKind] = useState("http");
  const [spec, setSpec] = useState<unknown>(BEGINNINGS.http);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const isTool = kind === "tools";
  const make = async () => {
    setBusy(true);
    setError(null);
    const rest = typeof spec === "object" ? spec : {};
    try {
      const made = await call<Definition>("POST", `api/v1/${kind}`, { body: isTool ? { ...rest, name: name.trim(), description, kind: toolKind } : { name, instructions: "" } });
      readAgain("agents", workspace);
      onMade(made.id);
    } catch (wrong) {
      setError(wrong);
      setBusy(false);
    }
  };
  return (
    <Sheet title={words.agents.make[kind]} isOpen onClose={onClose} wide={isTool}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void make(); }}>
        <Field label={words.editor.name} {...(isTool && { about: words.agents.toolNameAbout })} value={name} onChange={setName} isRequired autoFocus />
        {isTool && (
          <>
            <Field label={words.agents.description} about={words.agents.descriptionAbout} value={description} onChange={setDescription} isRequired />
            <Choice label={words.agents.kind} about={words.agents.kindsAbout[toolKind as keyof typeof words.agents.kindsAbout]} value={toolKind} options={Object.entries(words.agents.kinds)}
              onChange={(next) => { setToolKind(next); setSpec(BEGINNINGS[next]); }} />
            <JsonField key={toolKind} label={words.agents.definition} about={words.agents.definitionAbout} value={spec} onChange={setSpec} />
          </>
        )}
        <Refused error={error} />
        <div className="row">
          <Button type="submit" look="main" isDisabled={isBusy || !name.trim()}>{words.agents.create}</Button>
          <Button onPress={onClose}>{words.ui.cancel}</Button>
        </div>
      </form>
    </Sheet>
  );
}
