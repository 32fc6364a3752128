// What a person changes before a run goes on from a step. It is kept until the fork is started, also
// when the dialog is closed or the page is read again.

import type { Schema } from "../../api/client";

/** A problem as it is told: some name a path in the body, some the nodes they are about. */
export interface Spot {
  readonly path?: string;
  readonly message: string;
  readonly expected?: string;
  readonly found?: string;
  readonly nodes?: readonly string[];
}

export type ForkBody = Partial<Schema<"ForkBody">> & { from_steps: (string | number)[] };

export interface Draft {
  /** The node it goes on from, and the one it ends behind, "" for the end of the flow. */
  readonly from: string;
  readonly until: string;
  /** Texts that were changed, by node and by field of its data. */
  readonly edits: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly variables: Readonly<Record<string, string>>;
  /** Null: as it was. */
  readonly input: string | null;
  /** Of its pipeline: the one that ran, the newest, or one by its hash. */
  readonly version: string;
}

export const SAME = "same", LATEST = "latest";

export const NOTHING_CHANGED: Omit<Draft, "from"> = { until: "", edits: {}, variables: {}, input: null, version: SAME };

/** Sets a text, or forgets it where it is as it was. */
export function edited(draft: Draft, node: string, field: string, text: string, was: string): Draft {
  const { [field]: _, ...others } = draft.edits[node] ?? {};
  const own = text === was ? others : { ...others, [field]: text };
  const { [node]: __, ...nodes } = draft.edits;
  return { ...draft, edits: Object.keys(own).length ? { ...nodes, [node]: own } : nodes };
}

export function withVariable(draft: Draft, name: string, text: string, was: string): Draft {
  const { [name]: _, ...others } = draft.variables;
  return { ...draft, variables: text === was ? others : { ...others, [name]: text } };
}

/** What is asked of the api. Only what was changed is said. */
export function bodyOf({ from, until, edits, variables, input, version }: Draft): ForkBody {
  return {
    from_steps: [from],
    ...(until && { until_steps: [until] }),
    ...(Object.keys(edits).length && { overrides: edits }),
    ...(Object.keys(variables).length && { variables }),
    ...(input !== null && { input }),
    ...(version !== SAME && { version }),
  };
}

export interface Wrongs {
  /** By field: `from`, `until`, `input`, `version`, `variables.NAME`, `edits.NODE.FIELD`. */
  readonly at: ReadonlyMap<string, string>;
  /** What belongs to none of them. */
  readonly others: readonly Spot[];
}

/** Which of the fields each problem is about. */
export function wrongsOf(spots: readonly Spot[], fields: readonly string[]): Wrongs {
  const at = new Map<string, string>();
  const others: Spot[] = [];
  for (const spot of spots) {
    const field = fieldOf(spot, fields);
    if (field === null) others.push(spot);
    else at.set(field, [at.get(field), said(spot)].filter(Boolean).join("; "));
  }
  return { at, others };
}

function said({ path, message }: Spot): string {
  return path && message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
}

function fieldOf(spot: Spot, fields: readonly string[]): string | null {
  const path = (spot.path ?? "").replace(/^\./, "");
  if (path.startsWith("from_steps")) return "from";
  if (path.startsWith("until_steps")) return "until";
  if (path.startsWith("input")) return "input";
  if (path.startsWith("version")) return "version";
  const edits = fields.filter((field) => field.startsWith("edits."));
  const named = fields.find((field) => path.replaceAll('"', "").replace(/^overrides\./, "edits.") === field);
  if (named) return named;
  const ends = edits.filter((field) => spot.nodes?.some((node) => field.startsWith(`edits.${node}.`)));
  return ends.find((field) => path.endsWith(field.slice(field.lastIndexOf(".")))) ?? ends[0] ?? null;
}

const KEY = "penstock.fork.";

/** The draft that was kept of this run, if it is one. */
export function keptDraft(run: string, storage: Storage = sessionStorage): Draft | null {
  try {
    const found: unknown = JSON.parse(storage.getItem(KEY + run) ?? "null");
    return typeof found === "object" && found !== null && "from" in found ? { ...NOTHING_CHANGED, ...(found as Draft) } : null;
  } catch {
    return null;
  }
}

/** Keeps a draft as long as the tab lives; null forgets it. */
export function keepDraft(run: string, draft: Draft | null, storage: Storage = sessionStorage): void {
  try {
    if (draft) storage.setItem(KEY + run, JSON.stringify(draft));
    else storage.removeItem(KEY + run);
  } catch {
    // It is too large to be kept, or nothing may be kept here: it stays while the page does.
  }
}

/** The texts of a step that may be changed before it runs again. */
export const TEXTS = ["instructions", "template", "prompt", "model"] as const;

/** A text in the data of a node; null where it has none. */
export function textOf(data: Readonly<Record<string, unknown>> | null, field: string): string | null {
  const value = data?.[field];
  return typeof value === "string" ? value : null;
}

/** All fields that a draft has, as problems are told at them. */
export function fieldsOf({ edits, variables, from }: Draft): string[] {
  const nodes = new Set([from, ...Object.keys(edits)]);
  return [
    "from", "until", "input", "version", ...Object.keys(variables).map((name) => `variables.${name}`),
    ...[...nodes].flatMap((node) => TEXTS.map((field) => `edits.${node}.${field}`)),
  ];
}

/** The variables that the changed texts name, as in `{{variables.tone}}`. */
export function namedIn({ edits }: Draft): string[] {
  const texts = Object.values(edits).flatMap((fields) => Object.values(fields));
  return texts.flatMap((text) => [...text.matchAll(/\{\{\s*variables\.([A-Za-z_]\w{0,63})/g)].map(([, name = ""]) => name));
}
