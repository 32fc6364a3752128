// Calls back at most once a frame, however often something changes; where nothing is drawn, because
// the page is hidden or is none, four times a second.

const UNSEEN_MS = 250;

export class Beat {
  readonly #call: () => void;
  #frame: number | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(call: () => void) {
    this.#call = call;
  }

  /** Something changed: `call` is called soon. */
  soon(): void {
    if (this.#frame !== null || this.#timer !== null) return;
    if (isSeen()) {
      this.#frame = requestAnimationFrame(this.#tell);
      // A page that is hidden before its frame is given none.
      document.addEventListener("visibilitychange", this.#hidden);
    } else {
      this.#timer = setTimeout(this.#tell, UNSEEN_MS);
    }
  }

  stop(): void {
    if (this.#frame !== null) {
      cancelAnimationFrame(this.#frame);
      document.removeEventListener("visibilitychange", this.#hidden);
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#frame = this.#timer = null;
  }

  readonly #tell = (): void => {
    this.stop();
    this.#call();
  };

  readonly #hidden = (): void => {
    this.stop();
    this.soon();
  };
}

function isSeen(): boolean {
  return typeof document !== "undefined" && !document.hidden;
}
