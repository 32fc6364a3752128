// How full a channel is: what has passed fills it, what was not taken leaves it dry.

import type { StepView } from "../../log/index";
import type { StepNotes } from "../noted";

/** `dry`: nothing yet; `not-taken`: nothing ever; `full`; `filling` what works; `gate`: a person is asked. */
export type Flowing = "dry" | "not-taken" | "full" | "filling" | "gate";

const BUSY: ReadonlySet<string> = new Set(["ready", "running", "retrying"]);

/** The channel by the `branch` of one step to another; `at` is how many events are looked at. */
export function flowing(
  from: StepView | undefined, to: StepView | undefined, branch: string | null, notes: Pick<StepNotes, "branches" | "doneAt">, at: number,
): Flowing {
  if (from?.status === "skipped") return "not-taken";
  if (from?.status !== "completed") return to?.status === "skipped" ? "not-taken" : "dry";
  const isKnown = notes.branches !== null && notes.doneAt <= at;
  if (isKnown && branch !== null && !notes.branches!.includes(branch)) return "not-taken";
  if (to?.status === "skipped") return "not-taken";
  if (to?.status === "waiting" && to.decided === null) return "gate";
  return to && BUSY.has(to.status) ? "filling" : "full";
}

/** How full a step's own bar is, from 0 to 1: of what comes nobody knows the length, so it nears 1. */
export function level(step: StepView | undefined): number {
  if (!step) return 0;
  if (step.status === "completed") return 1;
  if (step.status !== "running" && step.status !== "cancelled") return 0;
  return 0.06 + 0.86 * (1 - Math.exp(-(step.words.points + step.thoughts.points / 4) / 900));
}
