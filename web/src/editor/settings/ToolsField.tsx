import { useState } from "react";
import { isRecord, textOf } from "../../api/json";
import { Button } from "../../ui/Button";
import { words } from "../../words";
import { useTools } from "./lookups";
import { JsonField, type PartProps } from "./parts";

const OF_PROVIDERS = ["web_search", "web_fetch"] as const;

/** Tools by name, those of the workspace and of providers, and definitions that are this agent's alone. */
export function ToolsField({ workspace, value, onChange, label, about, isDisabled = false }: PartProps & {
  workspace: string;
  value: unknown;
  onChange: (value: unknown[] | undefined) => void;
}) {
  const tools = useTools(workspace);
  const [isOpen, setOpen] = useState(false);
  const chosen: unknown[] = Array.isArray(value) ? value : [];
  const own = chosen.filter(isRecord);
  const names = chosen.filter((each): each is string => typeof each === "string").map((each) => (each.replace("-", "_") in words.editor.providerTools ? each.replace("-", "_") : each));
  const known = new Map<string, string>([
    ...OF_PROVIDERS.map((name) => [name, words.editor.providerTools[name]] as const),
    ...(tools.data?.items ?? []).map((tool) => [tool.name, tool.description] as const),
  ]);
  const gone = names.filter((name) => !known.has(name));
  const put = (next: unknown[]) => onChange(next.length ? next : undefined);
  const toggle = (name: string, isOn: boolean) => put([...(isOn ? [...names, name] : names.filter((each) => each !== name)), ...own]);
  return (
    <fieldset className="group" disabled={isDisabled}>
      <legend>{label}</legend>
      {[...known, ...gone.map((name) => [name, words.editor.goneTool] as const)].map(([name, says]) => (
        <label key={name} className="tool-choice">
          <input type="checkbox" checked={names.includes(name)} onChange={(event) => toggle(name, event.target.checked)} />
          <code>{name}</code> <span className="quiet small clip" title={says}>{says}</span>
        </label>
      ))}
      {own.length > 0 && <p className="small">{words.editor.ownTools}: {own.map((each) => textOf(each.name)).join(", ")}</p>}
      <div className="row">
        <Button look="quiet" small onPress={() => setOpen(!isOpen)} aria-expanded={isOpen}>{words.editor.ownTool}</Button>
      </div>
      {isOpen && <JsonField label={words.editor.ownTools} about={words.editor.ownToolsAbout} value={own} isDisabled={isDisabled}
        onChange={(next) => put([...names, ...(Array.isArray(next) ? next : [])])} />}
      {about && <div className="quiet small">{about}</div>}
    </fieldset>
  );
}
