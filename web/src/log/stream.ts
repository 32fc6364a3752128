// A run's events as a view that grows: what was heard stands, what follows is told once and in order; a
// gap in a text reads the run again from its beginning. Watchers are called at most once a frame.

import { Beat } from "./wire/beat.js";
import { connect } from "./wire/connect.js";
import type { Fact, RunEvent } from "./facts.js";
import { History } from "./history.js";
import { Lag, STILL_MS } from "./lag.js";
import type { Connection, Heard, Link, Listener } from "./wire/line.js";
import { isOver } from "./reduce.js";
import type { RunView } from "./view.js";

/** An address, or what gives a fresh one where the ticket of the last has expired. */
export type Address = string | (() => Promise<string>);

/** What watchers were told last; the same object until they are told again. */
export interface RunNow {
  readonly history: History;
  readonly view: RunView;
  /** How many events `history` had. */
  readonly count: number;
  readonly link: Link;
}

export interface RunSource {
  readonly history: History;
  readonly link: Link;
  readonly now: RunNow;
  /** Calls back when something changed, at most once a frame; returns what ends that. */
  watch(call: () => void): () => void;
  /** Tries again what is gone, such as once somebody has signed in again. */
  retry(): void;
  close(): void;
}

const OPENED: RunSource[] = [];
const ADDRESS_PAUSE_MS = 5_000;

/** Reads the run at `url` (its events, without a position) until it is over or closed. */
export function openRun(url: Address, headers: Readonly<Record<string, string>> = {}): RunSource {
  return new RunStream(url, headers);
}

/** Those that are open, the newest last. */
export function openedRuns(): readonly RunSource[] {
  return OPENED;
}

class RunStream implements RunSource, Listener {
  readonly history = new History();
  link: Link = { state: "connecting" };
  now: RunNow;
  readonly #address: Address;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #watchers = new Set<() => void>();
  readonly #beat = new Beat(() => this.#tell());
  readonly #lag = new Lag();
  #caughtUp: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #connection: Connection | null = null;
  #wasRead = false;
  #isRestarting = false;
  #isClosed = false;

  constructor(address: Address, headers: Readonly<Record<string, string>>) {
    this.#address = address;
    this.#headers = headers;
    this.now = this.#asIs();
    OPENED.push(this);
    void this.#open();
  }

  watch(call: () => void): () => void {
    this.#watchers.add(call);
    return () => this.#watchers.delete(call);
  }

  retry(): void {
    if (this.link.state === "gone" && !this.#isClosed) void this.#open();
  }

  close(): void {
    this.#isClosed = true;
    if (OPENED.includes(this)) OPENED.splice(OPENED.indexOf(this), 1);
    this.#connection?.close();
    this.#beat.stop();
    clearTimeout(this.#caughtUp);
    clearTimeout(this.#again);
  }

  heard(events: readonly Heard[]): void {
    if (this.#isRestarting) return;
    const facts = eventsOf(events);
    this.history.addAll(facts ?? []);
    if (facts === null || this.history.latest.needsReread) {
      this.#isRestarting = true;
      return this.#connection?.restart();
    }
    const last = facts.at(-1);
    if (last) this.#late(this.#lag.heard(last.data.at, Date.now()));
    this.#beat.soon();
    if (isOver(this.history.latest)) {
      this.#connection?.close();
      this.became({ state: "over" });
    }
  }

  became(link: Link, ahead?: number): void {
    clearTimeout(this.#caughtUp);
    if (link.state === "live") {
      this.#wasRead = true;
      this.#lag.connected(ahead);
    }
    // An address that was good has a ticket of a day: there may be a fresh one, once.
    const isExpired = link.state === "gone" && link.status === 401 && this.#wasRead;
    if (isExpired && typeof this.#address !== "string") {
      this.#wasRead = false;
      void this.#open();
      return;
    }
    this.link = link.state === "gone" && isOver(this.history.latest) ? { state: "over" } : link;
    this.#beat.soon();
  }

  restarted(): void {
    this.#isRestarting = false;
    this.history.clear();
    this.#beat.soon();
  }

  async #open(): Promise<void> {
    this.#connection?.close();
    this.#connection = null;
    try {
      const url = typeof this.#address === "string" ? this.#address : await this.#address();
      if (this.#isClosed) return;
      const after = this.history.events.at(-1)?.id ?? null;
      this.#connection = connect({ url, headers: this.#headers, after }, this);
    } catch (error) {
      this.#refused(error);
    }
  }

  // There is no address: whoever gives it was refused, or did not reach anybody.
  #refused(error: unknown): void {
    const status = statusOf(error);
    if (status >= 400 && status < 500) return this.became({ state: "gone", status });
    if (this.link.state !== "lost") this.became({ state: "lost", since: Date.now(), why: "no address" });
    this.#again = setTimeout(() => void this.#open(), ADDRESS_PAUSE_MS);
  }

  #late(seconds: number): void {
    clearTimeout(this.#caughtUp);
    if (this.link.state !== "live") return;
    if (this.link.behind !== seconds) this.link = { state: "live", behind: seconds };
    // Nothing more comes: it has caught up.
    if (seconds > 0) this.#caughtUp = setTimeout(() => { this.#late(0); this.#beat.soon(); }, STILL_MS);
  }

  #tell(): void {
    this.now = this.#asIs();
    for (const call of [...this.#watchers]) call();
  }

  #asIs(): RunNow {
    return { history: this.history, view: this.history.latest, count: this.history.events.length, link: this.link };
  }
}

// Null where one is no fact, though all are: what comes is read again.
function eventsOf(events: readonly Heard[]): RunEvent[] | null {
  try {
    return events.map(({ id, data }) => ({ id, data: JSON.parse(data) as Fact }));
  } catch {
    return null;
  }
}

function statusOf(error: unknown): number {
  return typeof error === "object" && error !== null && "status" in error ? Number(error.status) || 0 : 0;
}
