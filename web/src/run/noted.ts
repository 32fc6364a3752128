// What the law leaves to those who show more: branches taken, what was kept, pauses,
// and who asked what when. Gathered once as the events come, and asked for any moment.

import type { Fact, RunEvent } from "../log/index";

export interface StepNotes {
  readonly branches: readonly string[] | null;
  /** How many events there were when it completed. */
  readonly doneAt: number;
  readonly isKept: boolean;
  readonly isJson: boolean;
  readonly isTruncated: boolean;
  /** When the attempt that follows begins, Unix ms. */
  readonly retryDue: number | null;
  readonly receipt: { readonly abortedAfterMs: number | null } | null;
}

const NONE: StepNotes = {
  branches: null, doneAt: Infinity, isKept: false, isJson: false, isTruncated: false,
  retryDue: null, receipt: null,
};

/** What each event adds to what is known of its step. */
function noted(notes: StepNotes, fact: Fact, count: number): StepNotes {
  switch (fact.type) {
    case "step.completed":
      return {
        ...notes, branches: Array.isArray(fact.branches) ? fact.branches.map(String) : null, doneAt: count,
        isKept: fact.kept === true, isJson: fact.json === true, isTruncated: fact.truncated === true,
      };
    case "step.retry_scheduled": return { ...notes, retryDue: Date.parse(fact.at) + Number(fact.delay_seconds ?? 0) * 1000 };
    case "step.cancelled": {
      const ms = (fact.receipt as Record<string, unknown> | undefined)?.aborted_after_ms;
      return { ...notes, receipt: { abortedAfterMs: typeof ms === "number" ? ms : null } };
    }
    default: return notes;
  }
}

/** Reads on in events that only grow; begins anew where they are others. */
export class Notes {
  #count = 0;
  #first: RunEvent | undefined;
  readonly #steps: StepNotes[] = [];

  of(events: readonly RunEvent[], step: number): StepNotes {
    this.#read(events);
    return this.#steps[step] ?? NONE;
  }

  #read(events: readonly RunEvent[]): void {
    if (events.length < this.#count || events[0] !== this.#first) {
      this.#count = 0;
      this.#steps.length = 0;
    }
    this.#first = events[0];
    for (; this.#count < events.length; this.#count++) {
      const { data } = events[this.#count]!;
      if (data.step === undefined) continue;
      const known = this.#steps[data.step] ?? NONE, next = noted(known, data, this.#count + 1);
      if (next !== known) this.#steps[data.step] = next;
    }
  }
}
