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

/** Takes what is typed until the part that finds by it is there. */
export function Typed({ label, look, text, onText }: { label: string; look: string; text: string; onText: (text: string) => void }) {
  return <input autoFocus className={look} aria-label={label} value={text} onChange={(event) => onText(event.target.value)} />;
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
