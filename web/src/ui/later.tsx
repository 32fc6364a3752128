// Parts of a page that few people open: their scripts are asked for when they are first shown.

import { type ComponentType, lazy, Suspense } from "react";

/** The part that `load` finds; until it is there, nothing is shown in its place. */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const Part = lazy(async () => ({ default: await load() }));
  return function Later(props: Props) {
    return <Suspense fallback={null}><Part {...props} /></Suspense>;
  };
}
