// One stream that pages share: what it told is kept for those that join later.

import { type Heard, Line, type Link, type Listener, type Wanted } from "../wire/line.js";
import type { Told } from "./protocol.js";
import type { Turn } from "./turns.js";

/** A page's ear. `isWhole`: it was told this stream from its beginning; `after`: up to which event. */
export interface Ear {
  readonly number: number;
  readonly tell: (told: Told) => void;
  readonly isSeen: () => boolean;
  isWhole: boolean;
  after: number;
}

const PIECE = 500;
const KEPT_OF_FEED = 1_000;

export class Station implements Listener, Turn {
  isOpen = true;
  since = Date.now();
  readonly line: Line;
  readonly #isFeed: boolean;
  readonly #ears = new Set<Ear>();
  readonly #whenEnded: () => void;
  #kept: Heard[] = [];
  #forgottenTo: number | null;
  #link: Link = { state: "connecting" };
  #ahead: number | undefined;

  constructor(wanted: Wanted, whenEnded: () => void) {
    this.#isFeed = wanted.isFeed ?? false;
    this.#forgottenTo = wanted.after;
    this.#whenEnded = whenEnded;
    // A run is read from its beginning, which whoever joins later may need.
    this.line = new Line({ ...wanted, after: this.#isFeed ? wanted.after : null }, this);
  }

  get isSeen(): boolean {
    return [...this.#ears].some((ear) => ear.isSeen());
  }

  get isDeserted(): boolean {
    return this.#ears.size === 0;
  }

  join(ear: Ear, after: number | null): void {
    this.#ears.add(ear);
    ear.after = after ?? -1;
    ear.tell({ tell: "became", ear: ear.number, link: this.#link, ahead: this.#ahead });
    // A feed begins now.
    if (this.#isFeed && after === null) return;
    if (this.#isFeed && this.#forgottenTo !== null && ear.after < this.#forgottenTo) ear.tell({ tell: "restarted", ear: ear.number });
    this.#replay(ear);
  }

  leave(ear: Ear): void {
    this.#ears.delete(ear);
  }

  /** An ear misses a piece: it is told all that is kept, and if that has the gap too, it is read again. */
  restart(ear: Ear): void {
    if (ear.isWhole) {
      if (this.#kept.length > 0) this.line.restart();
      return;
    }
    this.#again(ear);
    this.#replay(ear);
  }

  open(isOpen: boolean): void {
    this.isOpen = isOpen;
    this.since = Date.now();
    if (isOpen) this.line.resume();
    else this.line.pause();
  }

  heard(events: readonly Heard[]): void {
    for (const event of events) this.#kept.push(event);
    if (this.#isFeed && this.#kept.length > 2 * KEPT_OF_FEED) {
      this.#forgottenTo = this.#kept.splice(0, this.#kept.length - KEPT_OF_FEED).at(-1)!.id;
    }
    for (const ear of this.#ears) this.#tell(ear, events);
  }

  became(link: Link, ahead?: number): void {
    this.#link = link;
    this.#ahead = ahead ?? this.#ahead;
    for (const ear of this.#ears) ear.tell({ tell: "became", ear: ear.number, link, ahead: this.#ahead });
    // What has ended is not kept for who comes later: they ask the api, as who they are by then.
    if (link.state === "over" || link.state === "gone") this.#whenEnded();
  }

  restarted(): void {
    this.#kept = [];
    for (const ear of this.#ears) this.#again(ear);
  }

  #again(ear: Ear): void {
    ear.isWhole = true;
    ear.after = this.#isFeed ? ear.after : -1;
    ear.tell({ tell: "restarted", ear: ear.number });
  }

  #replay(ear: Ear): void {
    for (let from = 0; from < this.#kept.length; from += PIECE) this.#tell(ear, this.#kept.slice(from, from + PIECE));
  }

  // What it knows already, such as of a beginning that is read for others, is not told again.
  #tell(ear: Ear, events: readonly Heard[]): void {
    const fresh = events[0]!.id > ear.after ? events : events.filter(({ id }) => id > ear.after);
    if (fresh.length === 0) return;
    ear.after = fresh.at(-1)!.id;
    ear.tell({ tell: "heard", ear: ear.number, events: fresh });
  }
}
