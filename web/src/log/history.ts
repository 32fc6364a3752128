// A run as it was at any of its facts: the events in order, and a view every 500 of them, so that the
// view at one is found by folding at most 500.

import type { RunEvent } from "./facts";
import { reduce } from "./reduce";
import { EMPTY, type RunView } from "./view";

const EVERY = 500;

export class History {
  readonly #events: RunEvent[] = [];
  readonly #views: RunView[] = [EMPTY];
  #latest: RunView = EMPTY;

  /** All events, the oldest first. It grows; do not change it. */
  get events(): readonly RunEvent[] {
    return this.#events;
  }

  get latest(): RunView {
    return this.#latest;
  }

  /** Adds an event; one that is known already changes nothing. */
  add(event: RunEvent): RunView {
    const last = this.#events.at(-1);
    if (last && event.id <= last.id) return this.#latest;
    this.#events.push(event);
    this.#latest = reduce(this.#latest, event);
    if (this.#events.length % EVERY === 0) this.#views.push(this.#latest);
    return this.#latest;
  }

  /** The view after the first `count` events. */
  at(count: number): RunView {
    if (count >= this.#events.length) return this.#latest;
    const from = Math.min(Math.floor(count / EVERY), this.#views.length - 1);
    let view = this.#views[from] ?? EMPTY;
    for (let at = from * EVERY; at < count; at++) view = reduce(view, this.#events[at]!);
    return view;
  }

  /** Forgets everything: the run is read again from its beginning. */
  clear(): void {
    this.#events.length = 0;
    this.#views.length = 1;
    this.#latest = EMPTY;
  }
}
