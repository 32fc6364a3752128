// Reads server-sent events of a text that comes in pieces.
// Source: WHATWG HTML, 9.2.6 "Interpreting an event stream".

/** One event; `id` is the last one said so far, by this event or one before. */
export interface Message {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

const LINE_END = /\r\n|\n|\r/g;

export class EventParser {
  /** Milliseconds to wait before connecting again, once the stream has said so. */
  retryMs: number | null = null;
  /** The last id said, also by a block without data; "" before. */
  lastId: string;
  #rest = "";
  #endedInCr = false;
  #id: string;
  #event = "";
  #data: string[] = [];

  constructor(lastId = "") {
    this.lastId = this.#id = lastId;
  }

  /** The events that this piece completes, in order. What it does not complete waits for the next. */
  push(piece: string): Message[] {
    // A CR ends a line by itself; an LF behind it, though it comes later, belongs to it.
    const more = this.#endedInCr && piece.startsWith("\n") ? piece.slice(1) : piece;
    if (piece) this.#endedInCr = piece.endsWith("\r");
    const text = this.#rest + more;
    const messages: Message[] = [];
    let start = 0;
    LINE_END.lastIndex = this.#rest.length;
    for (let found = LINE_END.exec(text); found; found = LINE_END.exec(text)) {
      this.#take(text.slice(start, found.index), messages);
      start = found.index + found[0].length;
    }
    this.#rest = text.slice(start);
    return messages;
  }

  #take(line: string, messages: Message[]): void {
    if (line === "") return this.#dispatch(messages);
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) this.retryMs = Number(value);
  }

  #dispatch(messages: Message[]): void {
    this.lastId = this.#id;
    if (this.#data.length > 0) {
      messages.push({ id: this.#id, event: this.#event || "message", data: this.#data.join("\n") });
    }
    this.#event = "";
    this.#data = [];
  }
}
