import { useId } from "react";
import { Button } from "../../ui/Button";
import { words } from "../../words";
import { aboutModel, type Model, useModels } from "./lookups";
import { type PartProps, Typed } from "./parts";

/** A model: those that are known with their price and room, and any other by its name. */
export function ModelField({ workspace, value, onChange, ...part }: PartProps & {
  workspace: string;
  value: unknown;
  onChange: (value: string | undefined) => void;
}) {
  const models = useModels(workspace);
  const list = useId();
  const name = typeof value === "string" ? value : "";
  const used = name || models.data?.default_model || "";
  const known = find(models.data?.items ?? [], used);
  const says = known ? aboutModel(known) : used && models.data ? words.editor.unknownModel : "";
  return (
    <div>
      <Typed {...part} value={name} list={list} placeholder={models.data ? `${models.data.default_model} (${words.editor.default})` : ""}
        about={<>{part.about} {says && <span className="model-says">{says}</span>}</>}
        read={(text) => void onChange(text.trim() || undefined)} />
      <datalist id={list}>
        {(models.data?.items ?? []).map((model) => <option key={model.model} value={model.model}>{aboutModel(model)}</option>)}
      </datalist>
    </div>
  );
}

/** A name is found as it stands and with the date of a snapshot behind it. */
function find(models: readonly Model[], name: string): Model | undefined {
  return models.find((model) => model.model === name) ?? models.find((model) => name.startsWith(`${model.model}-20`));
}

/** Models in the order in which they stand in. */
export function ModelsField({ workspace, value, onChange, label, about, isDisabled = false }: PartProps & {
  workspace: string;
  value: unknown;
  onChange: (value: string[] | undefined) => void;
}) {
  const names = Array.isArray(value) ? value.map(String) : [];
  const put = (next: string[]) => onChange(next.length ? next : undefined);
  return (
    <fieldset className="group">
      <legend>{label}</legend>
      {names.map((name, at) => (
        <div key={`${at}-${name}`} className="pair">
          <ModelField workspace={workspace} label={`${at + 1}.`} value={name} isDisabled={isDisabled}
            onChange={(now) => put(now ? names.with(at, now) : names.toSpliced(at, 1))} />
          <Button look="quiet" small isDisabled={isDisabled} aria-label={`${words.editor.remove} ${name}`} onPress={() => put(names.toSpliced(at, 1))}>✕</Button>
        </div>
      ))}
      {names.length < 8 && <ModelField key={names.length} workspace={workspace} label={words.editor.addModel} value="" isDisabled={isDisabled}
        onChange={(now) => { if (now) put([...names, now]); }} />}
      {about && <div className="quiet small">{about}</div>}
    </fieldset>
  );
}
