// A page's side of the worker that reads for all pages: it joins streams there, and again whenever the
// worker seems lost. Where there is no such worker each page has connections of its own.

import { attend } from "../wire/attention.js";
import { ownLine } from "../wire/connect.js";
import type { Connection, Listener, Wanted } from "../wire/line.js";
import { ALIVE_MS, type Asked, type Port, type Told } from "./protocol.js";

/** What this page listens to: `own` once it does by a connection of its own. */
interface Joined {
  readonly wanted: Wanted;
  readonly listener: Listener;
  after: number | null;
  own: Connection | null;
  /** Its beginning was asked for again, and is not told yet. */
  isRestarting: boolean;
}

/** A worker that was begun: its port, and a call when it cannot be loaded. */
export interface Begun {
  readonly port: Port<Asked, Told>;
  onerror: (() => void) | null;
}

const FIRST_WORD_MS = 10_000;
const LOOK_MS = 5_000;
const FEW = 4, MANY = 32;

export class Sharing {
  readonly #begin: () => Begun;
  readonly #joined = new Map<number, Joined>();
  #port: Port<Asked, Told> | null = null;
  #toldAt = 0;
  #last = 0;
  #isAlone = false;

  constructor(begin: () => Begun) {
    this.#begin = begin;
    this.#connect();
    setInterval(() => this.#look(), LOOK_MS);
    attend({ hurry: () => { this.#look(); this.#say({ ask: "hurry" }); }, doubt: () => this.#say({ ask: "doubt" }) });
    document.addEventListener("visibilitychange", () => this.#sayHere());
    addEventListener("pagehide", () => this.#say({ ask: "bye" }));
    addEventListener("pageshow", ({ persisted }) => { if (persisted) this.#connect(); });
  }

  /** Listens to a stream; see Connect. */
  readonly connect = (wanted: Wanted, listener: Listener): Connection => {
    const ear = ++this.#last;
    const joined: Joined = { wanted, listener, after: wanted.after, own: null, isRestarting: false };
    this.#joined.set(ear, joined);
    this.#join(ear, joined);
    return {
      restart: () => {
        if (joined.own) return joined.own.restart();
        joined.isRestarting = true;
        this.#say({ ask: "restart", ear });
      },
      close: () => {
        this.#joined.delete(ear);
        if (joined.own) joined.own.close();
        else this.#say({ ask: "leave", ear });
      },
    };
  };

  #connect(): void {
    if (this.#isAlone) return;
    this.#port?.close();
    this.#toldAt = 0;
    try {
      const begun = this.#begin();
      const port = this.#port = begun.port;
      port.onmessage = ({ data }) => this.#hear(data);
      begun.onerror = () => this.#goAlone();
      setTimeout(() => { if (this.#port === port && this.#toldAt === 0) this.#goAlone(); }, FIRST_WORD_MS);
    } catch {
      return this.#goAlone();
    }
    this.#sayHere();
    this.#joinAgain();
  }

  #joinAgain(): void {
    for (const [ear, joined] of this.#joined) {
      // Of a feed nothing was heard yet to go on behind: what passed since may be missing.
      const isMissing = joined.wanted.isFeed && joined.after === null;
      if (isMissing || joined.isRestarting) this.#listenerOf(joined).restarted();
      this.#join(ear, joined);
    }
  }

  #join(ear: number, joined: Joined): void {
    const wanted = { ...joined.wanted, after: joined.after };
    if (this.#isAlone) joined.own = ownLine(wanted, this.#listenerOf(joined));
    else this.#say({ ask: "join", ear, wanted });
  }

  #hear(told: Told): void {
    this.#toldAt = Date.now();
    if (told.tell === "alive") return this.#sayHere();
    const joined = this.#joined.get(told.ear);
    if (!joined || joined.own) return;
    const listener = this.#listenerOf(joined);
    if (told.tell === "heard") listener.heard(told.events);
    else if (told.tell === "became") listener.became(told.link, told.ahead);
    else listener.restarted();
  }

  #listenerOf(joined: Joined): Listener {
    const { listener } = joined;
    return {
      heard: (events) => {
        joined.after = events.at(-1)?.id ?? joined.after;
        listener.heard(events);
      },
      became: (link, ahead) => listener.became(link, ahead),
      restarted: () => {
        joined.after = joined.wanted.isFeed ? joined.after : null;
        joined.isRestarting = false;
        listener.restarted();
      },
    };
  }

  // A page that was frozen was let go of meanwhile, or its worker was.
  #look(): void {
    if (this.#toldAt > 0 && Date.now() - this.#toldAt > 2 * ALIVE_MS + LOOK_MS) this.#connect();
  }

  #goAlone(): void {
    if (this.#isAlone) return;
    this.#isAlone = true;
    this.#port?.close();
    this.#port = null;
    this.#joinAgain();
  }

  #sayHere(): void {
    this.#say({ ask: "here", isSeen: !document.hidden, most: mostConnections() });
  }

  #say(asked: Asked): void {
    this.#port?.postMessage(asked);
  }
}

// Two of the six connections to a host without HTTP/2 are left for calls.
function mostConnections(): number {
  const [page] = performance.getEntriesByType("navigation");
  const protocol = page && "nextHopProtocol" in page ? String(page.nextHopProtocol) : "";
  return /^h[23]/.test(protocol) ? MANY : FEW;
}
