// Drafts in this browser: each tab has its own, so that two tabs never write over each other, and one
// that was closed is found again by the next.

import type { Edits } from "./edits";

export interface Draft {
  /** The version that it began with: the ETag. */
  tag: string;
  at: number;
  edits: Edits;
}

export interface Found extends Draft {
  place: string;
}

const LONGEST_KEPT_MS = 30 * 86_400_000;

function tab(): string {
  const known = sessionStorage.getItem("penstock.tab");
  if (known) return known;
  const made = crypto.getRandomValues(new Uint32Array(2)).join("-");
  sessionStorage.setItem("penstock.tab", made);
  return made;
}

function placeOf(of: string): string {
  return `penstock.draft/${of}/${tab()}`;
}

/** Keeps it, or forgets it where nothing is left; false where the browser has no room. */
export function keep(of: string, draft: Draft): boolean {
  try {
    if (Object.keys(draft.edits).length === 0) localStorage.removeItem(placeOf(of));
    else localStorage.setItem(placeOf(of), JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

/** The draft of this tab. */
export function own(of: string): Draft | null {
  return read(placeOf(of));
}

/** Drafts that other tabs left, the latest first; what is older than 30 days is forgotten. */
export function others(of: string, now = Date.now()): Found[] {
  const found: Found[] = [];
  const mine = placeOf(of);
  const places = Object.keys(localStorage).filter((place) => place.startsWith(`penstock.draft/${of}/`) && place !== mine);
  for (const place of places) {
    const draft = read(place);
    if (!draft || now - draft.at > LONGEST_KEPT_MS) localStorage.removeItem(place);
    else found.push({ ...draft, place });
  }
  return found.sort((a, b) => b.at - a.at);
}

export function forget(place: string): void {
  localStorage.removeItem(place);
}

function read(place: string): Draft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(place) ?? "null") as Partial<Draft> | null;
    const isOne = draft && typeof draft.tag === "string" && typeof draft.at === "number" && typeof draft.edits === "object";
    return isOne && draft.edits ? (draft as Draft) : null;
  } catch {
    return null;
  }
}
