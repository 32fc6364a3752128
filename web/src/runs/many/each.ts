// The same call for each of some runs, a few at a time, with what came of each.

import { call, type Schema } from "../../api/client";
import { words } from "../../words";
import type { JobKind } from "../filters/filter";
import type { Run } from "../rows";

export type Outcome = { readonly run: Run } & (
  | { readonly state: "asked" | "cancel" }
  | { readonly state: "retry"; readonly fork: string }
  | { readonly state: "refused"; readonly why: string }
);

const AT_ONCE = 4;

/** Stops or runs again each; `tell` is called with all outcomes so far whenever one is known. */
export async function actOnEach(kind: JobKind, runs: readonly Run[], tell: (outcomes: readonly Outcome[]) => void): Promise<void> {
  const outcomes: Outcome[] = runs.map((run) => ({ run, state: "asked" }));
  tell([...outcomes]);
  let next = 0;
  const work = async () => {
    while (next < runs.length) {
      const at = next++;
      outcomes[at] = await act(kind, runs[at]!);
      tell([...outcomes]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function act(kind: JobKind, run: Run): Promise<Outcome> {
  try {
    const told = await call<Schema<"Cancelling"> | Schema<"ForkAccepted">>("POST", `api/v1/runs/${run.run_id}/${kind}`);
    return kind === "cancel" ? { run, state: "cancel" } : { run, state: "retry", fork: told.run_id };
  } catch (error) {
    return { run, state: "refused", why: error instanceof Error ? error.message : words.ui.somethingWrong };
  }
}
