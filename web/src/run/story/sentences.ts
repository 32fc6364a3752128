// What happened in a run, in plain sentences.

import type { Fact, RunEvent } from "../../log/index";
import { duration } from "../../ui/figures";
import { words } from "../../words";

export interface Sentence {
  readonly id: number;
  readonly at: string;
  readonly text: string;
  readonly step: number | null;
  readonly tone: "plain" | "good" | "bad" | "wait";
}

type Name = (step: number) => string;
type Told = readonly [text: string, tone?: Sentence["tone"]] | null;
const say = words.run.told;

/** The newest `most` of them, the oldest first. */
export function sentencesOf(events: readonly RunEvent[], count: number, name: Name, most: number): { sentences: Sentence[]; more: number } {
  const sentences: Sentence[] = [];
  let more = 0;
  for (let at = Math.min(count, events.length) - 1; at >= 0; at--) {
    const { id, data } = events[at]!;
    const told = TOLD[data.type]?.(data, name(data.step ?? -1), events);
    if (!told) continue;
    if (sentences.length >= most) more++;
    else sentences.push({ id, at: data.at, text: told[0], tone: told[1] ?? "plain", step: data.step ?? null });
  }
  return { sentences: sentences.reverse(), more };
}

const TOLD: Readonly<Record<string, (fact: Fact, name: string, events: readonly RunEvent[]) => Told>> = {
  "run.requested": (fact) => [by(fact.forked_from ? say.forked : say.asked, fact.requested_by)],
  "run.started": () => [say.started],
  "run.cancel_requested": (fact) => [by(say.stopAsked, fact.requested_by) + because(fact.reason)],
  "run.deadline_reached": () => [say.deadline, "bad"],
  "run.completed": (fact, _, events) => [`${say.completed} ${since(events, fact)}`, "good"],
  "run.failed": (fact) => [`${say.failed} ${messageOf(fact)}`, "bad"],
  "run.cancelled": () => [say.cancelled],
  "step.started": (fact, name) => (Number(fact.execution ?? 1) > 1 ? [`${name} ${say.stepResumed}`, "wait"] : null),
  "step.completed": (fact, name) => (fact.kept === true ? [`${name} ${say.stepKept}`] : isWorth(fact) ? [`${name} ${say.stepDone}${branchesOf(fact)}.`, "good"] : null),
  "step.failed": (fact, name) => [`${name} ${say.stepFailed} ${messageOf(fact)}`, "bad"],
  "step.cancelled": (_, name) => [`${name} ${say.stepStopped}`],
  "step.skipped": (_, name) => [`${name} ${say.stepSkipped}`],
  "step.retry_scheduled": (fact, name) => [`${name} ${say.stepRetry} ${duration(Number(fact.delay_seconds ?? 0) * 1000)}.`, "wait"],
  "step.released": (_, name) => [`${name} ${say.stepReleased}`],
  "step.waiting": (_, name) => [`${name} ${say.stepAsks}`, "wait"],
  "step.decided": (fact, name) => [by(`${name} ${fact.decision === "approve" ? say.approved : say.rejected}`, fact.decided_by) + because(fact.comment)],
  "step.due": (fact, name) => (fact.purpose === "approval" ? [`${name} ${say.timedOut}`, "wait"] : null),
};

function isWorth(fact: Fact): boolean {
  return fact.execution !== null && fact.execution !== undefined || Array.isArray(fact.branches);
}

function branchesOf(fact: Fact): string {
  return Array.isArray(fact.branches) && fact.branches.length > 0 ? ` → ${fact.branches.map(String).join(", ")}` : "";
}

function by(what: string, who: unknown): string {
  return typeof who === "string" && who ? `${what} ${say.by} ${who}.` : `${what}.`;
}

function because(why: unknown): string {
  return typeof why === "string" && why ? ` “${why}”` : "";
}

function messageOf(fact: Fact): string {
  const { message } = (fact.error ?? {}) as { message?: unknown };
  return typeof message === "string" ? message : "";
}

function since(events: readonly RunEvent[], fact: Fact): string {
  const begun = events.find(({ data }) => data.type === "run.started");
  return begun ? `${say.after} ${duration(Date.parse(fact.at) - Date.parse(begun.data.at))}.` : "";
}
