// Signs of life of a step in words: what it is at, how much it has written, for how long.

import type { Fact, StepView } from "../log/index";
import { count, duration } from "../ui/figures";
import { words } from "../words";

const heard = new WeakMap<Fact, number>();
const FORGOTTEN_MS = 60_000;
const CHARACTERS_A_TOKEN = 4;

/** "thinking, ~1,200 tokens, 48 s", null where nothing is known that is not seen. `now` in Unix ms. */
export function signsOfLife(step: StepView, now: number): string | null {
  const { progress } = step;
  if (step.status !== "running") return null;
  if (!progress) return step.tool ? `${words.run.uses} ${String(step.tool.tool)}` : null;
  // The clock of whoever wrote it need not be this one: time counts from when it was heard.
  const since = heard.get(progress) ?? (heard.set(progress, now), now);
  if (now - since > FORGOTTEN_MS) return words.run.silent;
  const phases: Record<string, string> = words.run.phases;
  // What it is said to have written is told every few seconds, what was heard since then is more.
  const heardTokens = Math.ceil((step.words.points + step.thoughts.points) / CHARACTERS_A_TOKEN);
  const phase = String(progress.phase), tokens = Math.max(Number(progress.tokens ?? 0), heardTokens);
  const parts = [phases[phase] ?? phase];
  if (tokens > 0) parts.push(`~${count(tokens)} ${words.run.tokens}`);
  parts.push(duration(Number(progress.seconds ?? 0) * 1000 + Math.max(0, now - since)));
  return parts.join(", ");
}

/** How long it took, or takes by now; null before it began. */
export function took(step: StepView, now: number | null): number | null {
  const from = step.startedAt ?? step.readyAt;
  if (!from) return null;
  const to = step.endedAt ? Date.parse(step.endedAt) : now;
  return to === null ? null : Math.max(0, to - Date.parse(from));
}
