// The feed of a workspace: what happens to all its runs, without the words of agents. It has no end; a list
// that lives reads itself once and then goes by this.

import { Beat } from "./wire/beat.js";
import { connect } from "./wire/connect.js";
import type { Fact, RunEvent } from "./facts.js";
import type { Connection, Heard, Link, Listener } from "./wire/line.js";

export interface FeedListener {
  /** Events, the oldest first, at most once a frame. */
  heard(events: readonly RunEvent[]): void;
  /** Some were missed, as by a machine that slept for long: what is shown has to be read again. */
  missed(): void;
  /** How the stream stands now. */
  became?(link: Link): void;
}

export interface FeedSource {
  readonly link: Link;
  close(): void;
}

/** Reads the feed at `url` from now on until it is closed. */
export function openFeed(url: string, headers: Readonly<Record<string, string>>, listener: FeedListener): FeedSource {
  return new Feed(url, headers, listener);
}

class Feed implements FeedSource, Listener {
  link: Link = { state: "connecting" };
  readonly #listener: FeedListener;
  readonly #connection: Connection;
  readonly #beat = new Beat(() => this.#tell());
  #events: RunEvent[] = [];
  #lastId = -1;
  #hasMissed = false;

  constructor(url: string, headers: Readonly<Record<string, string>>, listener: FeedListener) {
    this.#listener = listener;
    this.#connection = connect({ url, headers, after: null, isFeed: true }, this);
  }

  close(): void {
    this.#connection.close();
    this.#beat.stop();
  }

  heard(events: readonly Heard[]): void {
    for (const { id, data } of events) {
      if (id <= this.#lastId) continue;
      this.#lastId = id;
      const fact = factOf(data);
      if (fact) this.#events.push({ id, data: fact });
      else this.#hasMissed = true;
    }
    this.#beat.soon();
  }

  became(link: Link): void {
    this.link = link;
    this.#beat.soon();
  }

  restarted(): void {
    this.#hasMissed = true;
    this.#beat.soon();
  }

  #tell(): void {
    const events = this.#events, hasMissed = this.#hasMissed;
    this.#events = [];
    this.#hasMissed = false;
    this.#listener.became?.(this.link);
    if (hasMissed) this.#listener.missed();
    if (events.length > 0) this.#listener.heard(events);
  }
}

function factOf(data: string): Fact | null {
  try {
    return JSON.parse(data) as Fact;
  } catch {
    return null;
  }
}
