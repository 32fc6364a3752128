// Reads each stream once for all pages of a browser, which opens six connections to a host without HTTP/2.

import type { Wanted } from "../wire/line.js";
import { ALIVE_MS, type Asked, type Port, type Told } from "./protocol.js";
import { type Ear, Station } from "./station.js";
import { turns } from "./turns.js";

/** A page that is connected. */
interface Page {
  readonly port: Port<Told, Asked>;
  readonly ears: Map<number, { readonly ear: Ear; readonly station: Station }>;
  isSeen: boolean;
  most: number;
  heardAt: number;
}

const TICK_MS = 500;
const SILENT_MS = 90_000;
const FEW = 4;

export class Switchboard {
  readonly #pages = new Set<Page>();
  readonly #stations = new Map<string, Station>();
  #ticks: ReturnType<typeof setInterval> | undefined;
  #aliveAt = 0;

  /** How many streams are read, whether they have a connection or wait for their turn. */
  get size(): number {
    return this.#stations.size;
  }

  /** A page connects; it is let go when it says goodbye, or says nothing for long. */
  accept(port: Port<Told, Asked>): void {
    const page: Page = { port, ears: new Map(), isSeen: true, most: FEW, heardAt: Date.now() };
    this.#pages.add(page);
    port.onmessage = ({ data }) => this.#hear(page, data);
    port.postMessage({ tell: "alive" });
    this.#ticks ??= setInterval(() => this.#tick(), TICK_MS);
  }

  #hear(page: Page, asked: Asked): void {
    page.heardAt = Date.now();
    switch (asked.ask) {
      case "join": return this.#join(page, asked.ear, asked.wanted);
      case "leave": return this.#leave(page, asked.ear);
      case "restart": {
        const joined = page.ears.get(asked.ear);
        return joined?.station.restart(joined.ear);
      }
      case "here":
        page.isSeen = asked.isSeen;
        page.most = asked.most;
        return;
      case "hurry": return this.#stations.forEach(({ line }) => line.hurry());
      case "doubt": return this.#stations.forEach(({ line }) => line.doubt());
      case "bye": return this.#drop(page);
    }
  }

  #join(page: Page, number: number, wanted: Wanted): void {
    this.#leave(page, number);
    const ear: Ear = {
      number, isWhole: wanted.after === null, after: -1, isSeen: () => page.isSeen, tell: (told) => page.port.postMessage(told),
    };
    const station = this.#stationOf(wanted);
    page.ears.set(number, { ear, station });
    station.join(ear, wanted.after);
    this.#takeTurns();
  }

  #stationOf(wanted: Wanted): Station {
    const key = JSON.stringify([wanted.url, Object.entries(wanted.headers).sort()]);
    const known = this.#stations.get(key);
    if (known) return known;
    const made: Station = new Station(wanted, () => {
      if (this.#stations.get(key) === made) this.#stations.delete(key);
    });
    this.#stations.set(key, made);
    return made;
  }

  #leave(page: Page, number: number): void {
    const joined = page.ears.get(number);
    if (!joined) return;
    page.ears.delete(number);
    joined.station.leave(joined.ear);
    if (joined.station.isDeserted) this.#close(joined.station);
  }

  #close(station: Station): void {
    station.line.close();
    for (const [key, each] of this.#stations) if (each === station) this.#stations.delete(key);
  }

  #drop(page: Page): void {
    for (const number of [...page.ears.keys()]) this.#leave(page, number);
    this.#pages.delete(page);
    page.port.close();
    if (this.#pages.size > 0) return;
    clearInterval(this.#ticks);
    this.#ticks = undefined;
  }

  #tick(): void {
    const now = Date.now();
    this.#takeTurns();
    if (now - this.#aliveAt < ALIVE_MS) return;
    this.#aliveAt = now;
    for (const page of [...this.#pages]) {
      if (now - page.heardAt > SILENT_MS) this.#drop(page);
      else page.port.postMessage({ tell: "alive" });
    }
  }

  #takeTurns(): void {
    const most = Math.min(...[...this.#pages].map((page) => page.most));
    const { begin, end } = turns([...this.#stations.values()], most, Date.now());
    for (const station of end) station.open(false);
    for (const station of begin) station.open(true);
  }
}
