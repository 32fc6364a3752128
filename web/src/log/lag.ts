// How far behind its run a stream is, by the times that facts carry and a clock that may be wrong.
//
// No fact comes before it happened. So the least time between a fact's `at`, by the server's clock, and
// its coming, by this one, is how far the clocks are apart, or a little more; what a fact takes longer
// than that, it is late. One that keeps silent is not behind: there is nothing to tell.

const LATE_MS = 2_000;
const LASTING_MS = 1_000;
/** What is told within so long of each other is told on; where nothing more is, it has caught up. */
export const STILL_MS = 3_000;

export class Lag {
  #apart = Infinity;
  #lateSince: number | null = null;
  #heardAt = 0;

  /** A connection was made; the server's own clock says this one is at most so far ahead, in ms. */
  connected(ahead: number | undefined): void {
    this.#apart = ahead ?? Infinity;
    this.#lateSince = null;
  }

  /** A fact that happened at `at` came at `now` (Unix, in ms). By how many whole seconds it is late. */
  heard(at: string, now: number): number {
    const took = now - Date.parse(at);
    if (Number.isNaN(took)) return 0;
    this.#apart = Math.min(this.#apart, took);
    const late = took - this.#apart;
    if (late < LATE_MS) {
      this.#lateSince = null;
      return 0;
    }
    // What comes in one go is a beginning that is told, not something to catch up with.
    if (this.#lateSince === null || now - this.#heardAt > STILL_MS) this.#lateSince = now;
    this.#heardAt = now;
    return now - this.#lateSince < LASTING_MS ? 0 : Math.round(late / 1000);
  }
}
