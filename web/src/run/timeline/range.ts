// The range of time that was chosen, as it stands in the address: milliseconds from the run's beginning.

import { useAddressed } from "../../shell/address";
import type { Range } from "./axis";

/** `1200-3400` as a range; null for whatever else. */
export function rangeOf(text: string): Range | null {
  const found = /^(\d{1,15})-(\d{1,15})$/.exec(text);
  if (!found) return null;
  const [from, to] = [Number(found[1]), Number(found[2])];
  return from < to ? { from, to } : null;
}

/** A range half or twice as wide about `middle`, or as wide and moved, within the whole one. */
export function zoomed(range: Range, whole: Range, factor: number, middle: number): Range | null {
  const length = (range.to - range.from) * factor;
  if (length >= whole.to - whole.from) return null;
  const from = Math.min(Math.max(whole.from, middle - length / 2), whole.to - length);
  return { from, to: from + Math.max(length, 2) };
}

export function useRange(): [range: Range | null, choose: (range: Range | null) => void] {
  const [text, setText] = useAddressed("range");
  const choose = (range: Range | null) =>
    setText(range && range.to - range.from >= 1 ? `${Math.max(0, Math.round(range.from))}-${Math.round(range.to)}` : "");
  return [rangeOf(text), choose];
}
