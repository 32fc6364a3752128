// Finds facts as they come. Filters and texts are looked for at once; a pattern elsewhere, where one
// that never ends can be ended.

import type { RunEvent } from "../../log/index";
import { type Filter, fits, lookedThrough, type Query, queryOf } from "./filter";

/** Which of the texts a pattern is found in; rejects where that takes too long. */
export interface Matcher {
  match(source: string, flags: string, texts: readonly string[]): Promise<readonly boolean[]>;
  close(): void;
}

export type Standing = "found" | "looking" | "slow";

export class FactSearch {
  readonly query: Query;
  /** Places in the events, ascending. Another array when there are more. */
  found: readonly number[] = [];
  standing: Standing = "found";
  #next = 0;
  #lastId = 0;
  #round = 0;
  readonly #filter: Filter;
  readonly #matcher: Matcher;
  readonly #changed: () => void;

  constructor(filter: Filter, matcher: Matcher, changed: () => void) {
    this.query = queryOf(filter.query);
    this.#filter = filter;
    this.#matcher = matcher;
    this.#changed = changed;
  }

  /** Looks through what is new of these. */
  feed(events: readonly RunEvent[]): void {
    if (events.length < this.#next || (this.#next && events[this.#next - 1]?.id !== this.#lastId)) this.#restart();
    if (this.standing !== "found" || this.#next === events.length) return;
    const places: number[] = [];
    for (; this.#next < events.length; this.#next++) {
      if (fits(events[this.#next]!.data, this.#filter)) places.push(this.#next);
    }
    this.#lastId = events.at(-1)?.id ?? 0;
    this.#sift(events, places);
  }

  close(): void {
    this.#round++;
    this.#matcher.close();
  }

  #restart(): void {
    this.#next = 0;
    this.#round++;
    this.found = [];
    this.standing = "found";
  }

  #sift(events: readonly RunEvent[], places: readonly number[]): void {
    const { query } = this;
    if (places.length === 0) return;
    if (query.kind === "all") this.#add(places);
    else if (query.kind === "text") {
      this.#add(places.filter((at) => lookedThrough(events[at]!.data).toLowerCase().includes(query.text)));
    } else if (query.kind === "pattern") void this.#match(events, places, query.source, query.flags);
  }

  async #match(events: readonly RunEvent[], places: readonly number[], source: string, flags: string): Promise<void> {
    const round = this.#round;
    this.standing = "looking";
    try {
      const does = await this.#matcher.match(source, flags, places.map((at) => lookedThrough(events[at]!.data)));
      if (round !== this.#round) return;
      this.standing = "found";
      this.#add(places.filter((_, at) => does[at]));
      this.feed(events);
    } catch {
      if (round === this.#round) this.standing = "slow";
    }
    if (round === this.#round) this.#changed();
  }

  #add(places: readonly number[]): void {
    if (places.length === 0) return;
    this.found = [...this.found, ...places];
    this.#changed();
  }
}
