// Between facts and times: a fact is known by how many facts there are up to it.

import type { History } from "../../log/index";

class Times {
  readonly #times: number[] = [];
  #lastId = 0;

  take({ events }: History): readonly number[] {
    const times = this.#times;
    if (events.length < times.length || (times.length && events[times.length - 1]?.id !== this.#lastId)) times.length = 0;
    for (let at = times.length; at < events.length; at++) {
      const time = Date.parse(events[at]!.data.at);
      const before = times[at - 1] ?? time;
      // Writers' clocks may differ a little: on the axis facts stand in the order of the log.
      times.push(Number.isNaN(time) ? before : Math.max(time, before));
      this.#lastId = events[at]!.id;
    }
    return times;
  }
}

const known = new WeakMap<History, Times>();

/** When each fact happened, never before the one ahead of it. */
export function timesOf(history: History): readonly number[] {
  let times = known.get(history);
  if (!times) known.set(history, (times = new Times()));
  return times.take(history);
}

/** The time of the last of the first `count` facts. */
export function timeOf(history: History, count: number): number {
  const times = timesOf(history);
  return times[Math.min(count, times.length) - 1] ?? times[0] ?? 0;
}

/** How many of the facts had happened by then, at least one. */
export function countBy(times: readonly number[], time: number): number {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= time) low = middle + 1;
    else high = middle;
  }
  return Math.max(1, low);
}
