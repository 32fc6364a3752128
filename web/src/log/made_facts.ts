// Facts of a test: of every kind, as docs/reference/events.schema.json says of the models they are
// written by. They note which fields are read of them that no such fact has.

import { readFileSync } from "node:fs";
import type { Fact } from "./facts.js";

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Events {
  readonly $defs: Readonly<Record<string, Schema>>;
  readonly discriminator: { readonly mapping: Readonly<Record<string, string>> };
}

const EVENTS = JSON.parse(
  readFileSync(new URL("../../../docs/reference/events.schema.json", import.meta.url), "utf8"),
) as Events;

// What is asked of every fact, though not each has it; the api adds `url`.
const ASKED_OF_ALL: ReadonlySet<string> = new Set(["step", "node", "attempt", "execution", "worker"]);
const ADDED: ReadonlySet<string> = new Set(["url"]);
const OF_ANY_OBJECT: ReadonlySet<string> = new Set([...Object.getOwnPropertyNames(Object.prototype), "toJSON"]);
const NONE: ReadonlySet<string> = new Set();
const AT = "2026-01-01T00:00:00Z";

/** The names of all kinds of facts. */
export const KINDS: readonly string[] = Object.keys(EVENTS.discriminator.mapping);
/** How many variants of a fact there are: each takes another of what a field may be, or leaves it out. */
export const VARIANTS = 4;

/** A fact of this kind; each read of a field that it cannot have is added to `unknown`. */
export function madeFact(kind: string, variant: number, unknown: Set<string>): Fact {
  return made({ $ref: EVENTS.discriminator.mapping[kind]! }, kind, variant, unknown) as Fact;
}

function made(schema: Schema, where: string, variant: number, unknown: Set<string>): unknown {
  if (schema.$ref !== undefined) return made(EVENTS.$defs[schema.$ref.split("/").at(-1)!]!, where, variant, unknown);
  if (schema.anyOf !== undefined) return made(schema.anyOf[variant % schema.anyOf.length]!, where, variant, unknown);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[variant % schema.enum.length];
  switch (schema.type) {
    case "string": return where.endsWith(".at") ? AT : where;
    case "integer": case "number": return variant % 2;
    case "boolean": return variant % 2 === 1;
    case "array": return schema.items ? [made(schema.items, where, variant, unknown)] : [];
    case "object": return schema.properties ? noting(schema, where, variant, unknown) : {};
    default: return null;
  }
}

function noting(schema: Schema, where: string, variant: number, unknown: Set<string>): object {
  const fields: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const isNeeded = name === "type" || name === "at" || schema.required?.includes(name);
    if (isNeeded || variant > 0) fields[name] = made(field, `${where}.${name}`, variant, unknown);
  }
  const isFact = schema.properties?.partition !== undefined, isBlob = schema.properties?.blob !== undefined;
  return new Proxy(fields, {
    get(_, name) {
      const more = isFact ? ASKED_OF_ALL : isBlob ? ADDED : NONE;
      const isKnown = typeof name === "symbol" || name in (schema.properties ?? {}) || more.has(name) || OF_ANY_OBJECT.has(name);
      if (!isKnown) unknown.add(`${where}.${name}`);
      return Reflect.get(fields, name);
    },
  });
}
