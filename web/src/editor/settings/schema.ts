// Which settings an agent has, and of which kind each is: read from the api's own description, so that
// a setting that is added there has its place in the form here.

import { type Data, isRecord } from "../../api/json";

export type SettingKind = "text" | "long" | "number" | "whole" | "choice" | "yes" | "texts" | "model" | "models" | "tools" | "schema" | "json";

export interface Setting {
  name: string;
  kind: SettingKind;
  choices: readonly string[];
  least: number | null;
  most: number | null;
  /** What the api's description says of it; the console's own words come first. */
  about: string;
}

/** Members of an agent's body that are no settings of it. */
const NOT_SETTINGS = new Set(["name", "tags", "note"]);
const OF_THEIR_OWN: Record<string, SettingKind> = {
  instructions: "long", model: "model", fallbacks: "models", tools: "tools", output_schema: "schema",
};

export function settingsOf(document: unknown, shape = "AgentBody"): Setting[] {
  const schemas = at(at(document, "components"), "schemas");
  const properties = at(at(schemas, shape), "properties");
  return Object.entries(properties)
    .filter(([name]) => !NOT_SETTINGS.has(name))
    .map(([name, schema]) => settingOf(name, schema, schemas));
}

function settingOf(name: string, schema: unknown, schemas: Data): Setting {
  const variants = variantsOf(schema, schemas);
  const [first] = variants;
  const only = variants.length === 1 && first ? first : {};
  return {
    name,
    kind: OF_THEIR_OWN[name] ?? kindOf(only),
    choices: textsOf(only.enum),
    least: numberOf(only.minimum) ?? numberOf(only.exclusiveMinimum),
    most: numberOf(only.maximum) ?? numberOf(only.exclusiveMaximum),
    about: isRecord(schema) && typeof schema.description === "string" ? schema.description : "",
  };
}

function kindOf(schema: Data): SettingKind {
  if (textsOf(schema.enum).length > 0) return "choice";
  if (schema.type === "boolean") return "yes";
  if (schema.type === "integer") return "whole";
  if (schema.type === "number") return "number";
  if (schema.type === "string") return "text";
  if (schema.type === "array" && isRecord(schema.items) && schema.items.type === "string") return "texts";
  return "json";
}

/** What it may be besides nothing, references followed. */
function variantsOf(schema: unknown, schemas: Data): Data[] {
  if (!isRecord(schema)) return [];
  if (typeof schema.$ref === "string") return [at(schemas, schema.$ref.split("/").at(-1) ?? "")];
  const some = Array.isArray(schema.anyOf) ? schema.anyOf : Array.isArray(schema.oneOf) ? schema.oneOf : null;
  if (!some) return [schema];
  return some.filter((each) => !(isRecord(each) && each.type === "null")).flatMap((each) => variantsOf(each, schemas));
}

function at(value: unknown, name: string): Data {
  const found = isRecord(value) ? value[name] : undefined;
  return isRecord(found) ? found : {};
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

/** Members of a node's data that the form does not know; they are shown as JSON and kept. */
export function unknownIn(data: Data, settings: readonly Setting[], known: readonly string[]): string[] {
  const names = new Set([...settings.map((each) => each.name), ...known]);
  return Object.keys(data).filter((name) => !names.has(name));
}
