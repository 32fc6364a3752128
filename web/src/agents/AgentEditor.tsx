import { useSession } from "../account/session";
import { useSettings } from "../editor/settings/lookups";
import { JsonField, Typed } from "../editor/settings/parts";
import { unknownIn } from "../editor/settings/schema";
import { SettingsForm } from "../editor/settings/SettingsForm";
import { words } from "../words";
import { type SavedDefinition } from "./definitions";
import { DefinitionVersions } from "./DefinitionVersions";
import { SavingParts, useDefinitionSaving } from "./SavingParts";

const NOBODY = { nodes: [], edges: [] };

export function AgentEditor({ workspace, saved }: { workspace: string; saved: SavedDefinition }) {
  const isDisabled = !useSession().may("member");
  const saving = useDefinitionSaving(workspace, saved);
  const settings = useSettings();
  const { fields, set } = saving.draft;
  if (!settings.data) return <p role="status" className="quiet">{words.ui.loading}</p>;
  return (
    <div className="stack">
      <SavingParts saving={saving} isDisabled={isDisabled} />
      <Typed label={words.editor.name} value={String(fields.name ?? "")} isDisabled={isDisabled} read={(text) => {
        if (!text.trim()) return words.editor.expectedTitle;
        set("name", text);
        return undefined;
      }} />
      <SettingsForm workspace={workspace} settings={settings.data} data={fields} saved={saved.body} isDisabled={isDisabled} onChange={set} drawing={NOBODY} id="" />
      {unknownIn(fields, settings.data, ["name", "tags"]).map((name) => (
        <JsonField key={name} label={name} about={words.editor.unknownSetting} value={fields[name]} isDisabled={isDisabled} onChange={(value) => set(name, value)} />
      ))}
      <DefinitionVersions workspace={workspace} saved={saved} isDisabled={isDisabled || saving.draft.isChanged} />
    </div>
  );
}
