// A run as it was at any of its facts: the events in order, and a view every 500 of them, so that the
// view at one is found by folding at most 500.

import type { RunEvent } from "./facts.js";
import { fold } from "./reduce.js";
import { EMPTY, type RunView } from "./view.js";

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
    return this.addAll([event]);
  }

  /** Adds events, the oldest first; those that are known already change nothing. */
  addAll(events: readonly RunEvent[]): RunView {
    let last = this.#events.at(-1)?.id ?? -1;
    const added: RunEvent[] = [];
    for (const event of events) {
      if (event.id <= last) continue;
      last = event.id;
      added.push(event);
    }
    for (let from = 0; from < added.length;) {
      const room = EVERY - (this.#events.length % EVERY);
      const piece = added.slice(from, from + room);
      from += piece.length;
      this.#latest = fold(piece, this.#latest);
      for (const event of piece) this.#events.push(event);
      if (this.#events.length % EVERY === 0) this.#views.push(this.#latest);
    }
    return this.#latest;
  }

  /** The view after the first `count` events. */
  at(count: number): RunView {
    if (count >= this.#events.length) return this.#latest;
    const from = Math.min(Math.floor(Math.max(count, 0) / EVERY), this.#views.length - 1);
    return fold(this.#events.slice(from * EVERY, Math.max(count, 0)), this.#views[from] ?? EMPTY);
  }

  /** Forgets everything: the run is read again from its beginning. */
  clear(): void {
    this.#events.length = 0;
    this.#views.length = 1;
    this.#latest = EMPTY;
  }
}
