// A run's event stream, which resumes by itself: after a cut, a sleep, a restart of the api. What was
// heard stands, what follows is told once and in order; a gap in a text reads the run again.

import type { Fact } from "./facts";
import { History } from "./history";
import { isOver } from "./reduce";

/** How the stream stands: `behind` says for how long nothing came, in milliseconds. */
export type Link =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  | { readonly state: "lost"; readonly since: number; readonly why: string }
  | { readonly state: "over" }
  | { readonly state: "gone"; readonly status: number };

export interface RunSource {
  readonly history: History;
  readonly link: Link;
  /** Calls back when something changed, at most once a frame; returns what ends that. */
  watch(call: () => void): () => void;
  close(): void;
}

const SILENCE_MS = 25_000;
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;

/** Reads the run at `url` (its events, without a position) until it is over or closed. */
export function openRun(url: string, headers: Record<string, string> = {}): RunSource {
  return new Stream(url, headers);
}

class Stream implements RunSource {
  readonly history = new History();
  link: Link = { state: "connecting" };
  readonly #watchers = new Set<() => void>();
  readonly #url: string;
  readonly #headers: Record<string, string>;
  #stop = new AbortController();
  #wake: () => void = () => undefined;
  #frame = 0;
  #isClosed = false;

  constructor(url: string, headers: Record<string, string>) {
    this.#url = url;
    this.#headers = headers;
    addEventListener("online", this.#hurry);
    addEventListener("visibilitychange", this.#hurry);
    void this.#follow();
  }

  watch(call: () => void): () => void {
    this.#watchers.add(call);
    return () => this.#watchers.delete(call);
  }

  close(): void {
    this.#isClosed = true;
    removeEventListener("online", this.#hurry);
    removeEventListener("visibilitychange", this.#hurry);
    this.#stop.abort();
    this.#wake();
    cancelAnimationFrame(this.#frame);
  }

  #hurry = (): void => this.#wake();

  async #follow(): Promise<void> {
    for (let failures = 0; !this.#isClosed;) {
      const before = this.history.events.length;
      const ended = await this.#read();
      if (this.#isClosed || ended) return;
      failures = this.history.events.length > before ? 0 : failures + 1;
      await this.#pause(Math.min(PAUSE_MS * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE_MS));
    }
  }

  // Whether nothing more comes.
  async #read(): Promise<boolean> {
    this.#stop = new AbortController();
    const last = this.history.events.at(-1);
    const headers = { Accept: "text/event-stream", ...this.#headers, ...(last && { "Last-Event-ID": String(last.id) }) };
    try {
      const answer = await fetch(this.#url, { headers, signal: this.#stop.signal, cache: "no-store" });
      if (answer.status === 204) return this.#end({ state: "over" });
      if (answer.status >= 400 && answer.status < 500 && ![408, 425, 429].includes(answer.status)) {
        return this.#end({ state: "gone", status: answer.status });
      }
      if (!answer.ok || !answer.body) return this.#lost(`${answer.status}`);
      this.#become({ state: "live" });
      return await this.#hear(answer.body);
    } catch (error) {
      return this.#lost(error instanceof Error ? error.message : "");
    }
  }

  async #hear(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<boolean> {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const silence = setTimeout(() => this.#stop.abort(), SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return this.#lost("closed");
      const frames = (rest + value).split("\n\n");
      rest = frames.pop() ?? "";
      for (const frame of frames) {
        if (this.#take(frame)) {
          this.#stop.abort();
          return this.#end({ state: "over" });
        }
        if (this.history.latest.needsReread) {
          this.history.clear();
          this.#stop.abort();
          return this.#lost("reread");
        }
      }
    }
  }

  // Whether it was the last frame.
  #take(frame: string): boolean {
    let id = "", event = "", data = "";
    for (const line of frame.split("\n")) {
      if (line.startsWith("id: ")) id = line.slice(4);
      else if (line.startsWith("event: ")) event = line.slice(7);
      else if (line.startsWith("data: ")) data += line.slice(6);
    }
    if (event === "end") return true;
    if (data && id) {
      this.history.add({ id: Number(id), data: JSON.parse(data) as Fact });
      this.#changed();
    }
    return false;
  }

  #lost(why: string): false {
    if (this.link.state !== "lost") this.#become({ state: "lost", since: Date.now(), why });
    return false;
  }

  #end(link: Link): true {
    this.#become(link.state === "over" || isOver(this.history.latest) ? { state: "over" } : link);
    return true;
  }

  #become(link: Link): void {
    this.link = link;
    this.#changed();
  }

  #changed(): void {
    if (this.#frame || this.#isClosed) return;
    const tell = () => {
      this.#frame = 0;
      for (const call of this.#watchers) call();
    };
    this.#frame = document.hidden ? (setTimeout(tell, 250) as unknown as number) : requestAnimationFrame(tell);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => { clearTimeout(timer); resolve(); };
    });
  }
}
