// Which facts of a run a person looks at, as it stands in the address.

import type { Fact } from "../../log/index";

export interface Filter {
  readonly types: readonly string[];
  readonly node: string | null;
  readonly failedOnly: boolean;
  /** Without the facts of steps that have completed, or are not taken. */
  readonly hidesDone: boolean;
  /** A text, or a /pattern/. */
  readonly query: string;
}

export const ALL: Filter = { types: [], node: null, failedOnly: false, hidesDone: false, query: "" };
export const LONGEST_PATTERN = 200;
/** Of a fact's JSON, so much is looked through. */
export const LOOKED_THROUGH = 16_384;

export type Query =
  | { readonly kind: "all" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "pattern"; readonly source: string; readonly flags: string }
  | { readonly kind: "wrong"; readonly why: string };

/** What a person wrote: `text`, `/pattern/` or `/pattern/i`. */
export function queryOf(written: string): Query {
  const text = written.trim();
  if (!text) return { kind: "all" };
  const pattern = /^\/(.+)\/([imsu]*)$/s.exec(text);
  if (!pattern) return { kind: "text", text: text.toLowerCase() };
  const [, source = "", flags = ""] = pattern;
  if (source.length > LONGEST_PATTERN) {
    return { kind: "wrong", why: `expected a pattern of at most ${LONGEST_PATTERN} characters, got ${source.length}` };
  }
  try {
    new RegExp(source, flags);
    return { kind: "pattern", source, flags };
  } catch (error) {
    return { kind: "wrong", why: error instanceof Error ? error.message : String(error) };
  }
}

/** Whether a fact tells that something went wrong. */
export function isFailure(fact: Fact): boolean {
  switch (fact.type) {
    case "step.failed": case "run.failed": return true;
    case "tool.returned": return fact.outcome !== "ok";
    case "step.tool": return fact.phase === "error";
    case "run.stopping": return fact.reason !== "cancelled";
    default: return false;
  }
}

/** Whether it is one of those asked for, its text aside. */
export function fits(fact: Fact, filter: Filter): boolean {
  return (
    (filter.types.length === 0 || filter.types.includes(fact.type)) &&
    (filter.node === null || fact.node === filter.node) &&
    (!filter.failedOnly || isFailure(fact))
  );
}

/** What is looked through of a fact. */
export function lookedThrough(fact: Fact): string {
  return JSON.stringify(fact).slice(0, LOOKED_THROUGH);
}
