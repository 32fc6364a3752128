// Which words of a text were put in and which were taken out.

import { diffWordsWithSpace } from "diff";

export interface Piece {
  readonly text: string;
  readonly is: "same" | "added" | "removed";
}

export const MOST_COMPARED = 400_000;
const MOST_EDITS = 20_000;
const MOST_MS = 200;

/** The pieces of both texts in order; null where the texts are too long, or too different, to be told so. */
export function wordsBetween(before: string, after: string): Piece[] | null {
  if (before.length + after.length > MOST_COMPARED) return null;
  const found = diffWordsWithSpace(before, after, { maxEditLength: MOST_EDITS, timeout: MOST_MS });
  return found?.map(({ value, added, removed }) => ({ text: value, is: added ? "added" : removed ? "removed" : "same" })) ?? null;
}
