// A JSON Schema of an example: every member is required and of the kind that it is.

import { type Data, isRecord } from "../../api/json";

export function schemaOf(example: unknown): Data {
  if (example === null) return { type: "null" };
  if (typeof example === "number") return { type: Number.isInteger(example) ? "integer" : "number" };
  if (typeof example === "boolean") return { type: "boolean" };
  if (typeof example === "string") return { type: "string" };
  if (Array.isArray(example)) return example.length === 0 ? { type: "array" } : { type: "array", items: oneOf(example.map(schemaOf)) };
  const members = Object.entries(isRecord(example) ? example : {});
  return {
    type: "object",
    properties: Object.fromEntries(members.map(([name, value]) => [name, schemaOf(value)])),
    required: members.map(([name]) => name),
    additionalProperties: false,
  };
}

/** One schema for all items: members that not all have are not required. */
function oneOf(schemas: Data[]): Data {
  const [first = {}] = schemas;
  const types = new Set(schemas.map((each) => each.type));
  if (types.size === 1 && first.type === "object") return joined(schemas);
  if (types.size === 1) return first;
  if (types.size === 2 && types.has("integer") && types.has("number")) return { type: "number" };
  return { type: [...types] };
}

function joined(schemas: Data[]): Data {
  const found = new Map<string, Data[]>();
  for (const schema of schemas) {
    for (const [name, value] of Object.entries(isRecord(schema.properties) ? schema.properties : {})) {
      found.set(name, [...(found.get(name) ?? []), isRecord(value) ? value : {}]);
    }
  }
  const entries = [...found];
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, all]) => [name, oneOf(all)])),
    required: entries.filter(([, all]) => all.length === schemas.length).map(([name]) => name),
    additionalProperties: false,
  };
}

export interface Row {
  name: string;
  type: string;
  about: string;
  isRequired: boolean;
}

export const ROW_TYPES = ["string", "number", "integer", "boolean", "array", "object"] as const;

/** The rows of an object's schema; null where a table cannot show all that it says. */
export function rowsOf(schema: unknown): Row[] | null {
  if (!isRecord(schema) || schema.type !== "object" || !isRecord(schema.properties)) return null;
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  return Object.entries(schema.properties).map(([name, each]) => ({
    name,
    type: isRecord(each) && typeof each.type === "string" ? each.type : "",
    about: isRecord(each) && typeof each.description === "string" ? each.description : "",
    isRequired: required.has(name),
  }));
}

/** The schema with these rows: what a row does not say of a member stays as it was. */
export function withRows(schema: unknown, rows: readonly Row[], renamed: ReadonlyMap<string, string> = new Map()): Data {
  const raw = isRecord(schema) ? schema : { additionalProperties: false };
  const before = isRecord(raw.properties) ? raw.properties : {};
  const properties = rows.map(({ name, type, about }) => {
    const old = before[renamed.get(name) ?? name];
    const { type: oldType, description: _, ...rest } = isRecord(old) ? old : {};
    const kept = oldType === type || type === "" ? rest : {};
    return [name, { ...(type ? { type } : oldType !== undefined && { type: oldType }), ...(about && { description: about }), ...kept }];
  });
  const required = rows.filter((row) => row.isRequired).map((row) => row.name);
  return { ...raw, type: "object", properties: Object.fromEntries(properties), required };
}
