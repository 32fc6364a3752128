// The axis of the run that is looked at, for the timeline and the scrubber alike.

import { useEffect, useMemo, useRef, useState } from "react";
import type { History } from "../../log/index";
import { type Axis, axisOf, type Range } from "./axis";
import { Spans } from "./spans";
import { useNow } from "../../ui/now";

const FRAME_MS = 250;
const known = new WeakMap<History, Spans>();

/** The spans of a run, brought up to date; there is one for each history. */
export function spansOf(history: History): Spans {
  let spans = known.get(history);
  if (!spans) known.set(history, (spans = new Spans()));
  return spans.take(history.events);
}

export interface Clock {
  readonly spans: Spans;
  readonly whole: Range;
  readonly range: Range;
  readonly axis: Axis;
}

/** The axis `width` pixels wide, of `chosen` or of the whole run; until now while it is not over. */
export function useClock(history: History, isOver: boolean, chosen: Range | null, width: number): Clock {
  const now = useNow(isOver ? null : FRAME_MS);
  const spans = spansOf(history);
  const from = Number.isNaN(spans.from) ? now : spans.from;
  const last = Number.isNaN(spans.to) ? now : spans.to;
  const to = Math.max(from + 1, isOver ? last : Math.max(last, now));
  const [low, high] = [chosen?.from, chosen?.to];
  return useMemo(() => {
    const whole = { from, to };
    const range = low === undefined || high === undefined ? whole : { from: from + low, to: Math.max(from + low + 1, from + high) };
    return { spans, whole, range, axis: axisOf(range, spans.idleGaps(to), width) };
  }, [spans, spans.count, from, to, low, high, width]);
}

/** The width of an element, as it is now. */
export function useWidth<E extends HTMLElement>(): [ref: React.RefObject<E | null>, width: number] {
  const ref = useRef<E>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const watcher = new ResizeObserver(() => setWidth(element.clientWidth));
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);
  return [ref, width];
}
