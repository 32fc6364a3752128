// The form of an agent's settings, made from the api's own description: what this console does not
// know yet is shown all the same, at worst as JSON.

import { type Data, known } from "../../api/json";
import { words } from "../../words";
import type { Drawing } from "../flow/drawing";
import { namesFor, offersFor } from "../flow/placeholders";
import { LazyText } from "../text/LazyText";
import { ModelField, ModelsField } from "./ModelFields";
import { Check, Choice, Figure, JsonField, Typed } from "./parts";
import type { Setting } from "./schema";
import { SchemaField } from "./SchemaField";
import { ToolsField } from "./ToolsField";

const FIRST = ["instructions", "model", "tools", "output_schema"];

export interface FormProps {
  workspace: string;
  settings: readonly Setting[];
  data: Data;
  /** What is saved, to compare texts with. */
  saved: Data;
  isDisabled: boolean;
  onChange: (name: string, value: unknown) => void;
  /** What an agent that is named says of it: shown where the node itself says nothing. */
  under?: Data | undefined;
  drawing: Drawing;
  id: string;
}

export function SettingsForm(props: FormProps) {
  const known = new Map(props.settings.map((each) => [each.name, each]));
  const first = FIRST.flatMap((name) => known.get(name) ?? []);
  const rest = props.settings.filter((each) => !FIRST.includes(each.name));
  const set = rest.filter((each) => props.data[each.name] !== undefined).length;
  return (
    <div className="stack settings">
      {first.map((setting) => <Place key={setting.name} setting={setting} {...props} />)}
      <details className="more" open={set > 0}>
        <summary>{words.editor.moreSettings} <span className="quiet small">{set > 0 && `${set} ${words.editor.areSet}`}</span></summary>
        <div className="settings-grid">
          {rest.map((setting) => <Place key={setting.name} setting={setting} {...props} />)}
        </div>
      </details>
    </div>
  );
}

/** A field with what it is for, which tests look at. */
function Place({ setting, ...props }: FormProps & { setting: Setting }) {
  return <div data-setting={setting.name} data-about={aboutOf(setting)}><Field setting={setting} {...props} /></div>;
}

function aboutOf(setting: Setting): string {
  return known<string>(words.editor.settingsAbout, setting.name) ?? setting.about;
}

function Field({ setting, ...props }: FormProps & { setting: Setting }) {
  const { name } = setting;
  const { data, onChange, isDisabled, workspace } = props;
  const about = <>{aboutOf(setting)} {data[name] === undefined && props.under?.[name] !== undefined && <Under value={props.under[name]} />}</>;
  const part = { label: known<string>(words.editor.settings, name) ?? name.replaceAll("_", " "), about, isDisabled };
  const value = data[name] ?? undefined;
  const put = (next: unknown) => onChange(name, next);
  switch (setting.kind) {
    case "long": return <Instructions {...props} label={part.label} about={about} />;
    case "model": return <ModelField {...part} workspace={workspace} value={value} onChange={put} />;
    case "models": return <ModelsField {...part} workspace={workspace} value={value} onChange={put} />;
    case "tools": return <ToolsField {...part} workspace={workspace} value={value} onChange={put} />;
    case "schema": return <SchemaField {...part} value={value} onChange={put} />;
    case "whole":
    case "number": return <Figure {...part} value={value} least={setting.least} most={setting.most} isWhole={setting.kind === "whole"} onChange={put} />;
    case "choice": return <Choice {...part} value={String(value ?? "")} options={[["", words.editor.default], ...setting.choices.map((each) => [each, each] as const)]} onChange={(next) => put(next || undefined)} />;
    case "yes": return <Check {...part} value={value === true} onChange={(next) => put(next || undefined)} />;
    case "texts": return <Typed {...part} value={Array.isArray(value) ? value.join(", ") : ""} placeholder={words.editor.commas} read={(text) => void put(textsIn(text))} />;
    case "text": return <Typed {...part} value={typeof value === "string" ? value : ""} placeholder={words.editor.default} read={(text) => void put(text.trim() || undefined)} />;
    case "json": return <JsonField {...part} value={value} onChange={put} />;
  }
}

function textsIn(text: string): string[] | undefined {
  const found = text.split(/[,\n]/).map((each) => each.trim()).filter(Boolean);
  return found.length ? found : undefined;
}

/** What holds because the agent that is named says it. */
function Under({ value }: { value: unknown }) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return <span className="under">{words.editor.byAgent}: {text.length > 120 ? `${text.slice(0, 120)}…` : text}</span>;
}

function Instructions({ data, saved, id, drawing, isDisabled, onChange, label, about }: FormProps & { label: string; about: React.ReactNode }) {
  const names = namesFor(drawing, id, "instructions");
  return (
    <LazyText label={label} about={about} value={textIn(data)} saved={textIn(saved)} names={names} offers={offersFor(names, drawing)}
      isReadOnly={isDisabled} placeholder={words.editor.instructionsGhost} onChange={(text) => onChange("instructions", text)} />
  );
}

function textIn(data: Data): string {
  return typeof data.instructions === "string" ? data.instructions : "";
}
