// What runs wait for, and which run is meant.

import type { Schema } from "../api/client";

export type Run = Schema<"RunListed">;

export interface Reason {
  readonly text: string;
  readonly kind: string;
  readonly runs: Run[];
}

/** The runs that wait for the same thing, those of most runs first. */
export function byReason(runs: readonly Run[]): Reason[] {
  const found = new Map<string, Reason>();
  for (const run of runs) {
    if (!run.waiting_for) continue;
    const { kind, text } = run.waiting_for;
    const group = found.get(text) ?? { text, kind, runs: [] };
    group.runs.push(run);
    found.set(text, group);
  }
  return [...found.values()].sort((one, other) => other.runs.length - one.runs.length);
}

/** The id of a run, or its beginning, in what was pasted: the id itself, or a link to the run. */
export function idIn(text: string): string | null {
  const whole = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i.exec(text)?.[0];
  const beginning = /^[0-9a-f]{4}[0-9a-f-]{0,31}$/i.exec(text.trim())?.[0];
  return (whole ?? beginning)?.toLowerCase() ?? null;
}
