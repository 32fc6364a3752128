// What was changed and is not saved yet, field by field: each edit knows what was there when it began,
// so that what others save meanwhile is told apart from what this page changed.

export interface Edit {
  /** The mark of what the field held when it was changed first. */
  was: string;
  /** What it is to hold; left out where the field is to be gone. */
  mine?: unknown;
}

export type Edits = Readonly<Record<string, Edit>>;
export type Fields = Readonly<Record<string, unknown>>;

/** A mark of any JSON value: two that differ have different ones, but for chance (53 bits). */
export function markOf(value: unknown): string {
  const text = value === undefined ? "" : stable(value);
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return `${text.length}:${(4294967296 * (2097151 & low) + (high >>> 0)).toString(36)}`;
}

/** JSON whose members stand in the order of their names. */
export function stable(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each) ?? "";
}

export function isSame(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === typeof b && typeof a !== "string" && stable(a) === stable(b));
}

/** The edits with this field changed; a field that is as it was is none. `undefined` takes it away. */
export function edited(edits: Edits, saved: Fields, field: string, value: unknown): Edits {
  const { [field]: before, ...others } = edits;
  if (isSame(saved[field], value) && (!before || before.was === markOf(saved[field]))) return others;
  const was = before?.was ?? markOf(saved[field]);
  return { ...others, [field]: value === undefined ? { was } : { was, mine: value } };
}

/** The fields as this page wants them. */
export function applied(saved: Fields, edits: Edits): Fields {
  // A copy of tens of thousands of fields is made only where one is changed.
  if (Object.keys(edits).length === 0) return saved;
  const fields: Record<string, unknown> = { ...saved };
  for (const [field, edit] of Object.entries(edits)) {
    if ("mine" in edit) fields[field] = edit.mine;
    else delete fields[field];
  }
  return fields;
}

export interface Conflict {
  field: string;
  mine: unknown;
  theirs: unknown;
  /** Both changed it; else only this page did. */
  isBoth: boolean;
}

/** What this page changed and what is saved by now, where they differ. */
export function conflictsOf(edits: Edits, theirs: Fields): Conflict[] {
  return Object.entries(edits)
    .map(([field, edit]) => ({ field, mine: edit.mine, theirs: theirs[field], isBoth: edit.was !== markOf(theirs[field]) }))
    .filter(({ mine, theirs: saved }) => !isSame(mine, saved));
}

/** The edits on top of what others saved: those kept begin anew there, the others are dropped. */
export function rebased(edits: Edits, theirs: Fields, kept: (field: string) => boolean): Edits {
  let found: Edits = {};
  for (const [field, edit] of Object.entries(edits)) if (kept(field)) found = edited(found, theirs, field, edit.mine);
  return found;
}

/** The name of a field of a node's data, and the way back. */
export function nodeField(id: string, name: string): string {
  return JSON.stringify([id, name]);
}

/** The field of the branches by which a condition's edges leave it: a list, in the order of the edges; null for one that is gone. */
export function waysField(id: string): string {
  return JSON.stringify([id]);
}

/** The field of a node's id. */
export function idField(id: string): string {
  return JSON.stringify([id, null, "id"]);
}

/** The node that a field is of, by the id that is saved, and the member of its data; null where it is its ways or its id. */
export function nodeOf(field: string): { id: string; name: string | null; isId: boolean } | null {
  if (!field.startsWith("[")) return null;
  const [id = "", name = null, isId] = JSON.parse(field) as [string, (string | null)?, string?];
  return { id, name, isId: isId !== undefined };
}

/** The ids that nodes are to have, by those that are saved. */
export function idsIn(edits: Edits): Map<string, string> {
  const found = new Map<string, string>();
  for (const [field, edit] of Object.entries(edits)) {
    const place = nodeOf(field);
    if (place?.isId && typeof edit.mine === "string") found.set(place.id, edit.mine);
  }
  return found;
}

/** The edits once those that were `sent` are saved: of nodes by their new ids, of the edges that are left. */
export function moved(edits: Edits, sent: Edits): Edits {
  const ids = idsIn(sent);
  return Object.fromEntries(Object.entries(edits).map(([field, edit]) => {
    const place = nodeOf(field);
    if (!place) return [field, edit];
    const id = ids.get(place.id) ?? place.id;
    if (place.isId) return [idField(id), edit];
    return place.name === null ? [waysField(id), withoutGone(edit, sent[field])] : [nodeField(id, place.name), edit];
  }));
}

function withoutGone(edit: Edit, sent: Edit | undefined): Edit {
  const gone = sent?.mine;
  return Array.isArray(edit.mine) && Array.isArray(gone) && gone.includes(null) ? { ...edit, mine: edit.mine.filter((_, at) => gone[at] !== null) } : edit;
}

/** How many changes a person made: edges follow their branch by themselves. */
export function countOf(edits: Edits): number {
  return Object.keys(edits).filter((field) => { const place = nodeOf(field); return !place || place.isId || place.name !== null; }).length;
}
