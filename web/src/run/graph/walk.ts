// From one step to the next by the arrow keys: along the flow, and to those beside.

import type { Drawing } from "./drawing";
import type { Laid } from "../../flow/layout";

/** The step that an arrow key leads to; null where it leads nowhere, or is none. */
export function nextStep(key: string, from: number | null, { places, isDown }: Laid, { steps, before }: Drawing): number | null {
  const [back, on, less, more] = isDown
    ? ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]
    : ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
  if (![back, on, less, more].includes(key) || steps.length === 0) return null;
  if (from === null) return 0;
  const along = (step: number) => (isDown ? places[step]?.y : places[step]?.x) ?? 0;
  if (key === on || key === back) {
    // Along the flow as it is drawn, which may lead to the left, or up.
    const into = steps[from]?.after ?? [], out = before[from] ?? [];
    const [first, last, sign] = key === on ? [out, into, 1] : [into, out, -1];
    const ahead = (step: number) => (along(step) - along(from)) * sign;
    return [...first, ...last].find((step) => ahead(step) > 0) ?? first.find((step) => ahead(step) === 0) ?? null;
  }
  const across = (step: number) => (isDown ? places[step]?.x : places[step]?.y) ?? 0;
  const side = key === more ? 1 : -1;
  let best: number | null = null, least = Infinity;
  for (const { step } of steps) {
    const distance = (across(step) - across(from)) * side;
    if (distance <= 0) continue;
    const cost = distance + Math.abs(along(step) - along(from)) * 3;
    if (cost < least) { least = cost; best = step; }
  }
  return best;
}
