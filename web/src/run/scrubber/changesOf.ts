// What is different between two moments of a run: the run itself, and each step.

import { type RunView, type StepView, statusOf } from "../../log/index";
import { tokensOf } from "../../ui/figures";

export type What = "status" | "attempt" | "model" | "words" | "thoughts" | "calls" | "tokens" | "error";

export interface Change {
  readonly what: What;
  readonly before: string | number;
  readonly after: string | number;
}

export interface StepChanges {
  readonly step: number;
  readonly node: string;
  readonly changes: readonly Change[];
}

export interface Changes {
  readonly run: Change | null;
  readonly steps: readonly StepChanges[];
}

/** From `before` to `after`, whichever of them came first. Texts are told by their length. */
export function changesBetween(before: RunView, after: RunView): Changes {
  const steps: StepChanges[] = [];
  for (let step = 0; step < Math.max(before.steps.length, after.steps.length); step++) {
    const old = before.steps[step], now = after.steps[step];
    if (old === now) continue;
    const changes = changesOf(told(old), told(now));
    if (changes.length) steps.push({ step, node: (now ?? old)!.node, changes });
  }
  const run = changesOf({ status: statusOf(before) }, { status: statusOf(after) })[0];
  return { run: run ?? null, steps };
}

type Told = Partial<Record<What, string | number>>;

function told(step: StepView | undefined): Told {
  return {
    status: step?.status ?? "pending",
    attempt: step?.attempt ?? 0,
    model: step?.model ?? "",
    words: step?.blob?.size_bytes ?? step?.words.points ?? 0,
    thoughts: step?.thoughts.points ?? 0,
    calls: step?.calls.length ?? 0,
    tokens: tokensOf(step?.usage),
    error: step?.error?.code ?? "",
  };
}

function changesOf(before: Told, after: Told): Change[] {
  return (Object.keys(after) as What[]).flatMap((what) => {
    const [old, now] = [before[what] ?? "", after[what] ?? ""];
    return old === now ? [] : [{ what, before: old, after: now }];
  });
}
