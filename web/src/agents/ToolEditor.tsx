import { known } from "../api/json";
import { useSession } from "../account/session";
import { JsonField, Typed } from "../editor/settings/parts";
import { SchemaField } from "../editor/settings/SchemaField";
import { words } from "../words";
import { fieldsIn, type SavedDefinition } from "./definitions";
import { DefinitionVersions } from "./DefinitionVersions";
import { SavingParts, useDefinitionSaving } from "./SavingParts";
import { TryTool } from "./TryTool";

const FORMED = new Set(["name", "description", "input_schema", "kind", "tags"]);

/** A tool: what models read of it, what it takes, and how it is called, as JSON. */
export function ToolEditor({ workspace, saved }: { workspace: string; saved: SavedDefinition }) {
  const isDisabled = !useSession().may("member");
  const saving = useDefinitionSaving(workspace, saved);
  const { fields, set, isChanged } = saving.draft;
  const kind = String(fields.kind ?? "");
  const rest = Object.keys({ ...fieldsIn(saved.body), [kind]: null }).filter((name) => name && !FORMED.has(name));
  return (
    <div className="stack">
      <SavingParts saving={saving} isDisabled={isDisabled} />
      <p className="quiet small"><code>{kind}</code>: {known<string>(words.agents.kindsAbout, kind)}</p>
      <Typed label={words.editor.name} about={words.agents.toolNameAbout} isMono value={String(fields.name ?? "")} isDisabled={isDisabled} read={(text) => {
        if (!/^[A-Za-z0-9_-]{1,64}$/.test(text)) return words.agents.expectedToolName;
        set("name", text);
        return undefined;
      }} />
      <Typed label={words.agents.description} about={words.agents.descriptionAbout} value={String(fields.description ?? "")} isDisabled={isDisabled} read={(text) => void set("description", text)} />
      {kind !== "mcp" && <SchemaField label={words.agents.takes} about={words.agents.takesAbout} emptyIs={words.agents.takesNothing} value={fields.input_schema} isDisabled={isDisabled} onChange={(value) => set("input_schema", value)} />}
      {rest.map((name) => (
        <JsonField key={name} label={name} about={name === kind ? words.agents.howCalled : undefined} value={fields[name]} isDisabled={isDisabled} onChange={(value) => set(name, value)} />
      ))}
      <TryTool saved={saved} isChanged={isChanged} isDisabled={isDisabled} />
      <DefinitionVersions workspace={workspace} saved={saved} isDisabled={isDisabled || isChanged} />
    </div>
  );
}
