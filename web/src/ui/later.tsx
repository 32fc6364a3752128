// Parts of a page that few people open: their scripts are asked for when they are first shown.

import { type ComponentType, lazy, Suspense } from "react";

const PAUSE_MS = 2_000;

/** The part that `load` finds; until it is there `Meanwhile` is shown in its place, or nothing. */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>, Meanwhile?: ComponentType<Props>): ComponentType<Props> {
  const Part = lazy(async () => ({ default: await tried(load) }));
  return function Later(props: Props) {
    return <Suspense fallback={Meanwhile ? <Meanwhile {...props} /> : null}><Part {...props} /></Suspense>;
  };
}

// While Penstock is away its scripts are, too: the page that asks for one stays as it is.
async function tried<Found>(load: () => Promise<Found>): Promise<Found> {
  for (;;) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
