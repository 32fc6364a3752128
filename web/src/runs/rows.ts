// Pages of runs that are read on by their keys, and stay right while runs come and change.

import type { Schema } from "../api/client";

export type Run = Schema<"RunListed">;
export type Page = Schema<"RunPage">;

export const UNDER_WAY: ReadonlySet<string> = new Set(["pending", "running", "waiting", "cancelling", "failing"]);

/** The first page as it was, and as it is asked for again: what moved on to beyond its end is kept,
 * what is no longer among what was asked for is not. */
export function mergeFirst(old: Page, fresh: Page): Page {
  const last = fresh.items.at(-1);
  if (!last || fresh.next_cursor === null) return fresh;
  const known = new Set(fresh.items.map(({ run_id }) => run_id));
  const beyond = old.items.filter((run) => !known.has(run.run_id) && isBehind(run, last));
  // Without those the next page would not follow on this one.
  return beyond.length > 0 || old.next_cursor !== null ? { items: [...fresh.items, ...beyond], next_cursor: old.next_cursor } : fresh;
}

/** All rows, the newest first, each once. */
export function rowsOf(pages: readonly Page[]): Run[] {
  const seen = new Map<string, Run>();
  for (const { items } of pages) for (const run of items) if (!seen.has(run.run_id)) seen.set(run.run_id, run);
  return [...seen.values()];
}

/** Milliseconds from its start until its end or now; null for one that has not started. */
export function tookOf(run: Run, now: number): number | null {
  if (!run.started_at) return null;
  const end = run.finished_at ? Date.parse(run.finished_at) : now;
  return Math.max(0, end - Date.parse(run.started_at));
}

export function tokensOf({ usage }: Pick<Run, "usage">): number {
  return usage.input_tokens + usage.output_tokens + usage.cache_read_tokens + usage.cache_creation_5m_tokens + usage.cache_creation_1h_tokens;
}

/** What a run is called: its pipeline, or the beginning of what it was asked. */
export function titleOf(run: Run): string {
  return run.pipeline_name ?? (firstLine(run.input_preview) || run.run_id);
}

export function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0]?.slice(0, 120) ?? "";
}

/** A member of the metadata as text; `a.b` is that deep. Empty where there is none. */
export function memberOf(metadata: Run["metadata"], path: string): string {
  if (Object.hasOwn(metadata, path)) return shown(metadata[path]);
  let value: unknown = metadata;
  for (const name of path.split(".")) {
    const isThere = typeof value === "object" && value !== null && Object.hasOwn(value, name);
    value = isThere ? (value as Record<string, unknown>)[name] : undefined;
  }
  return shown(value);
}

/** The names of members that these runs have, those of most runs first. */
export function membersOf(runs: readonly Run[]): string[] {
  const counts = new Map<string, number>();
  for (const { metadata } of runs) for (const name of Object.keys(metadata)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || a.localeCompare(b)).map(([name]) => name);
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isBehind(run: Run, other: Run): boolean {
  const [one, two] = [Date.parse(run.created_at), Date.parse(other.created_at)];
  return one < two || (one === two && run.run_id < other.run_id);
}
