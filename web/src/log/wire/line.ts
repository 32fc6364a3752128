// One event stream, read on for as long as it is wanted: it comes back after a cut, a silence, a sleep,
// a restart of the api, and tells each event once and in order. What the events mean it does not know.
// Source: docs/reference/streaming.md, "Resuming".

import { EventParser, type Message } from "./sse.js";

/** An event as it came: its id, and the fact as the JSON text it is. */
export interface Heard {
  readonly id: number;
  readonly data: string;
}

/**
 * How a stream stands. `live` is behind by so many seconds, 0 where it keeps up; `lost` since a time
 * (Unix, in ms) tries again by itself; `over` has told all there is; `gone` was refused with a status,
 * and is only tried again when it is asked to.
 */
export type Link =
  | { readonly state: "connecting" }
  | { readonly state: "live"; readonly behind: number }
  | { readonly state: "lost"; readonly since: number; readonly why: string }
  | { readonly state: "over" }
  | { readonly state: "gone"; readonly status: number };

/** Who is told. `ahead`: by how many ms this clock is ahead of the server's at most, if that is known. */
export interface Listener {
  heard(events: readonly Heard[]): void;
  became(link: Link, ahead?: number): void;
  /** Forget what was heard: a run is told again from its beginning, of a feed something was missed. */
  restarted(): void;
}

/** A stream that is read, by whomever. */
export interface Connection {
  restart(): void;
  close(): void;
}

export interface Wanted {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The id of the last event known; null: the stream's own beginning. */
  readonly after: number | null;
  /** It begins now, not with anything that is over, and has no end. */
  readonly isFeed?: boolean;
}

/** Why a stream is lost that goes on once somebody has signed in again. */
export const SIGNED_OUT = "signed out";

const SILENCE_MS = 25_000;
const LOOK_MS = 5_000;
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;
const LONGEST_ASKED_MS = 60_000;
const STEADY_MS = 10_000;
const PAUSED = "paused";
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

export class Line implements Connection {
  readonly #wanted: Wanted;
  readonly #listener: Listener;
  #after: number | null;
  #stop = new AbortController();
  #wake: () => void = () => undefined;
  #link: Link = { state: "connecting" };
  #heardAt = 0;
  #retryMs = PAUSE_MS;
  #askedMs = 0;
  #restarts = 0;
  #isFollowing = false;
  #isPaused = false;
  #isClosed = false;

  constructor(wanted: Wanted, listener: Listener) {
    this.#wanted = wanted;
    this.#listener = listener;
    this.#after = wanted.after;
    void this.#follow();
  }

  /** The id of the last event told; null before any. */
  get after(): number | null {
    return this.#after;
  }

  get link(): Link {
    return this.#link;
  }

  /** Somebody looks, or the network is back: a wait ends, and what fell silent meanwhile is given up. */
  hurry(): void {
    if (Date.now() - this.#heardAt > SILENCE_MS) this.#stop.abort("silent");
    this.#wake();
  }

  /** The network is said to be gone: it is tried anew, since a dead line says nothing. */
  doubt(): void {
    this.#stop.abort("offline");
  }

  /** Lets go of the connection until `resume`, which goes on behind the last event told. */
  pause(): void {
    this.#isPaused = true;
    this.#stop.abort(PAUSED);
    this.#wake();
  }

  resume(): void {
    this.#isPaused = false;
    this.#wake();
  }

  /** Reads all from the beginning again, also what is over, each time after a longer wait. */
  restart(): void {
    this.#after = null;
    this.#restarts++;
    this.#stop.abort("restart");
    this.#listener.restarted();
    if (!this.#isFollowing) void this.#follow(this.#pauseAfter(this.#restarts - 1));
  }

  close(): void {
    this.#isClosed = true;
    this.#stop.abort("closed");
    this.#wake();
  }

  async #follow(pause = 0): Promise<void> {
    this.#isFollowing = true;
    if (pause > 0) await this.#until(pause);
    for (let failures = 0; !this.#isClosed;) {
      if (this.#isPaused) {
        await this.#until(null);
        continue;
      }
      const began = Date.now(), before = this.#after;
      if (await this.#read()) break;
      if (this.#isClosed || this.#isPaused) continue;
      failures = this.#after !== before || this.#heardAt - began > STEADY_MS ? 0 : failures + 1;
      await this.#until(this.#pauseAfter(Math.max(failures, this.#restarts, 1) - 1));
    }
    this.#isFollowing = false;
  }

  // Many readers lose an api at the same moment: they do not come back at the same moment.
  #pauseAfter(failures: number): number {
    const asked = this.#askedMs;
    this.#askedMs = 0;
    return Math.max(asked, Math.min(this.#retryMs * 2 ** failures, LONGEST_PAUSE_MS) * (1 + Math.random() / 4));
  }

  // Whether nothing more comes.
  async #read(): Promise<boolean> {
    const stop = this.#stop = new AbortController();
    this.#heardAt = Date.now();
    // By the clock of the wall: a machine that slept for an hour heard nothing for an hour.
    const watch = setInterval(() => {
      if (Date.now() - this.#heardAt > SILENCE_MS) stop.abort("silent");
    }, LOOK_MS);
    try {
      const answer = await fetch(this.#wanted.url, { headers: this.#headers(), signal: stop.signal, cache: "no-store" });
      return await this.#take(answer, stop.signal);
    } catch {
      return this.#lose(stop.signal.aborted ? String(stop.signal.reason) : "unreachable");
    } finally {
      clearInterval(watch);
      stop.abort("done");
    }
  }

  #headers(): Record<string, string> {
    const headers: Record<string, string> = { Accept: "text/event-stream", ...this.#wanted.headers };
    if (this.#after !== null) headers["Last-Event-ID"] = String(this.#after);
    return headers;
  }

  async #take(answer: Response, signal: AbortSignal): Promise<boolean> {
    const { status } = answer;
    if (status === 204) return this.#end({ state: "over" });
    if (status >= 400 && status < 500 && !LATER.has(status)) return this.#end({ state: "gone", status });
    // What is no stream comes from somebody else, such as a proxy.
    const isStream = answer.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
    if (status !== 200 || !isStream || !answer.body) {
      this.#askedMs = Math.min(Number(answer.headers.get("retry-after")) * 1000 || 0, LONGEST_ASKED_MS);
      return this.#lose(String(status));
    }
    const date = Date.parse(answer.headers.get("date") ?? "");
    this.#become({ state: "live", behind: 0 }, Number.isNaN(date) ? undefined : Date.now() - date);
    return this.#hear(answer.body, signal);
  }

  async #hear(body: ReadableStream<Uint8Array<ArrayBuffer>>, signal: AbortSignal): Promise<boolean> {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventParser(this.#after === null ? "" : String(this.#after));
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) return this.#lose(String(signal.reason));
      if (done) return this.#lose("closed");
      this.#heardAt = Date.now();
      const messages = parser.push(value);
      this.#retryMs = parser.retryMs ?? this.#retryMs;
      const end = messages.findIndex(({ event }) => event === "end");
      this.#tell(end < 0 ? messages : messages.slice(0, end));
      // Who was told may have asked for the beginning again.
      if (signal.aborted) return this.#lose(String(signal.reason));
      if (end >= 0) return this.#end({ state: "over" });
      if (isPosition(parser.lastId)) this.#after = Number(parser.lastId);
    }
  }

  #tell(messages: readonly Message[]): void {
    let last = this.#after ?? -1;
    const events: Heard[] = [];
    for (const { id, data } of messages) {
      if (!isPosition(id) || Number(id) <= last) continue;
      last = Number(id);
      events.push({ id: last, data });
    }
    if (events.length > 0 && !this.#isClosed) this.#listener.heard(events);
  }

  #lose(why: string): false {
    // A pause is nobody's loss.
    if (this.#isClosed || why === PAUSED) return false;
    if (this.#link.state !== "lost") this.#become({ state: "lost", since: this.#heardAt, why });
    return false;
  }

  #end(link: Link): true {
    if (!this.#isClosed) this.#become(link);
    return true;
  }

  #become(link: Link, ahead?: number): void {
    this.#link = link;
    this.#listener.became(link, ahead);
  }

  // Waits so long, without a bound for null, or until something wakes it.
  #until(ms: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === null ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => undefined;
        resolve();
      };
    });
  }
}

function isPosition(id: string): boolean {
  return /^[0-9]+$/.test(id) && Number.isSafeInteger(Number(id));
}
