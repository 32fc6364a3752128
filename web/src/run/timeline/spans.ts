// When each step was at what, from the facts alone: one row a step, spans of time in each. Facts are
// taken in order, one at a time, so that a live run costs what is new and no more.

import type { Fact, RunEvent } from "../../log/index";
import type { Range } from "./axis";

/** `first`: for the model's first word; `working`: words of it are not told any more; `lost`: nothing was heard of it. */
export type Doing = "queued" | "first" | "streaming" | "working" | "tool" | "lost" | "person" | "pause";
export type Mark = "completed" | "failed" | "cancelled" | "skipped" | "kept";

export interface Span {
  readonly doing: Doing;
  /** Milliseconds since the epoch; `to` is null while it lasts. */
  readonly from: number;
  readonly to: number | null;
  readonly attempt: number;
  /** Executed again by another worker, after one was lost or went away. */
  readonly isResumed: boolean;
  readonly tool: string | null;
}

export interface Row {
  readonly step: number;
  readonly node: string;
  readonly spans: readonly Span[];
  /** How its attempts ended, in order. */
  readonly marks: readonly { readonly mark: Mark; readonly at: number; readonly attempt: number }[];
}

const ENDS: ReadonlySet<string> = new Set(["run.completed", "run.failed", "run.cancelled"]);
const BUSY: ReadonlySet<Doing> = new Set<Doing>(["first", "streaming", "working", "tool"]);

const LEAST_GAP_MS = 10_000;

export class Spans {
  #rows: (Row | undefined)[] = [];
  #open = new Map<number, Open>();
  #count = 0;
  #lastId = 0;
  #from = NaN;
  #to = NaN;
  // How many steps are worked on, for how long any was, and when for some time none was and nothing happened.
  #busy = 0;
  #worked = 0;
  #gaps: Range[] = [];

  /** Rows by the step's number, holes where nothing was heard; another array when one changed. */
  get rows(): readonly (Row | undefined)[] {
    return this.#rows;
  }

  /** How many events it took. */
  get count(): number {
    return this.#count;
  }

  /** When the first and the last fact happened, by their writers' clocks; NaN before there is one. */
  get from(): number {
    return this.#from;
  }

  get to(): number {
    return this.#to;
  }

  /** When for long nothing was done by a worker, and nothing happened, until `to`. */
  idleGaps(to: number): readonly Range[] {
    const least = Math.max(LEAST_GAP_MS, this.#worked / 2);
    const last = this.#busy === 0 && to > this.#to ? [{ from: this.#to, to }] : [];
    return [...this.#gaps, ...last].filter((gap) => gap.to - gap.from >= least);
  }

  /** Takes what it does not know yet of these; begins anew where they were read again. */
  take(events: readonly RunEvent[]): this {
    if (events.length < this.#count || (this.#count && events[this.#count - 1]?.id !== this.#lastId)) this.#clear();
    for (; this.#count < events.length; this.#count++) {
      const event = events[this.#count]!;
      this.#lastId = event.id;
      this.#add(event.data);
    }
    return this;
  }

  #clear(): void {
    this.#rows = [];
    this.#open.clear();
    this.#count = this.#lastId = 0;
    this.#from = this.#to = NaN;
    this.#busy = this.#worked = 0;
    this.#gaps = [];
  }

  // What came between the last fact and one that happened at `at`: work, or nothing.
  #pass(at: number): void {
    const passed = at - this.#to;
    if (this.#busy > 0 && passed > 0) this.#worked += passed;
    else if (passed >= LEAST_GAP_MS) this.#gaps.push({ from: this.#to, to: at });
    if (!(this.#to >= at)) this.#to = at;
  }

  #add(fact: Fact): void {
    const at = Date.parse(fact.at);
    if (Number.isNaN(at)) return;
    if (!(this.#from <= at)) this.#from = at;
    this.#pass(at);
    if (ENDS.has(fact.type)) for (const step of [...this.#open.keys()]) this.#close(step, at);
    if (fact.step === undefined) return;
    const open = this.#open.get(fact.step);
    // What an attempt says that another has followed changes nothing.
    if (open && (fact.attempt ?? open.attempt) < open.attempt) return;
    if (open && fact.type === "step.started") this.#lose(fact.step, open, fact.execution ?? 1, at);
    RULES[fact.type]?.(this.#hand(fact, fact.step, at), open);
    const heard = this.#open.get(fact.step);
    if (heard) heard.heard = at;
  }

  // One that another execution follows did something until it was last heard of; for how much longer, nobody knows.
  #lose(step: number, open: Open, execution: number, at: number): void {
    const { doing, attempt, heard } = open;
    if (execution < 2) return;
    if (doing === "first") return this.#retell(step, "lost");
    if (doing !== "streaming" || heard >= at) return;
    this.#close(step, heard);
    const row = this.#rows[step]!;
    this.#put({ ...row, spans: [...row.spans, { doing: "lost", from: heard, to: at, attempt, isResumed: false, tool: null }] });
  }

  #hand(fact: Fact, step: number, at: number): Hand {
    return {
      fact,
      begin: (doing, tool = null) => this.#begin(step, at, fact, doing, tool),
      close: () => this.#close(step, at),
      retell: (doing) => this.#retell(step, doing),
      mark: (mark) => {
        this.#close(step, at);
        const row = this.#row(step, fact);
        this.#put({ ...row, marks: [...row.marks, { mark, at, attempt: fact.attempt ?? 0 }] });
      },
    };
  }

  #begin(step: number, at: number, fact: Fact, doing: Doing, tool: string | null): void {
    const before = this.#open.get(step);
    if (before?.doing === doing && before.tool === tool && before.attempt === fact.attempt && fact.type !== "step.started") return;
    this.#close(step, at);
    const isResumed = (fact.execution ?? 1) > 1;
    const attempt = fact.attempt ?? 0;
    this.#open.set(step, { doing, tool, attempt, heard: at, calls: doing === "tool" ? 1 : 0 });
    if (BUSY.has(doing)) this.#busy++;
    const row = this.#row(step, fact);
    this.#put({ ...row, spans: [...row.spans, { doing, from: at, to: null, attempt, isResumed, tool }] });
  }

  #close(step: number, at: number): void {
    const open = this.#open.get(step);
    if (!open) return;
    this.#open.delete(step);
    if (BUSY.has(open.doing)) this.#busy--;
    this.#last(step, (span) => ({ ...span, to: Math.max(at, span.from) }));
  }

  #retell(step: number, doing: Doing): void {
    const open = this.#open.get(step);
    if (!open) return;
    open.doing = doing;
    this.#last(step, (span) => ({ ...span, doing }));
  }

  #last(step: number, changed: (span: Span) => Span): void {
    const row = this.#rows[step];
    const span = row?.spans.at(-1);
    if (row && span) this.#put({ ...row, spans: [...row.spans.slice(0, -1), changed(span)] });
  }

  #row(step: number, fact: Fact): Row {
    return this.#rows[step] ?? { step, node: fact.node ?? "", spans: [], marks: [] };
  }

  #put(row: Row): void {
    this.#rows = this.#rows.slice();
    this.#rows[row.step] = row;
  }
}

interface Open {
  doing: Doing;
  tool: string | null;
  attempt: number;
  heard: number;
  calls: number;
}

interface Hand {
  fact: Fact;
  begin(doing: Doing, tool?: string | null): void;
  close(): void;
  retell(doing: Doing): void;
  mark(mark: Mark): void;
}

type Rule = (hand: Hand, open: Open | undefined) => void;

const speaks: Rule = (hand, open) => {
  if (open?.doing !== "tool") hand.begin("streaming");
};
// Before a first word was told: it is not told any more, or there was none.
const settles: Rule = (hand, open) => {
  if (open?.doing === "first") hand.retell("working");
};

const RULES: Readonly<Record<string, Rule>> = {
  "step.ready": ({ begin }) => begin("queued"),
  "step.started": ({ begin }) => begin("first"),
  "step.released": ({ begin }) => begin("queued"),
  "step.delta": speaks,
  "step.thinking": speaks,
  "step.progress": (hand, open) => {
    if (hand.fact.phase === "thinking" || hand.fact.phase === "writing") speaks(hand, open);
  },
  "step.tool": ({ begin, fact }) => (fact.phase === "call" ? begin("tool", String(fact.tool ?? "")) : begin("first")),
  "step.turn": settles,
  "tool.called": ({ begin, fact }, open) => {
    if (open?.doing === "tool") open.calls++;
    else begin("tool", String(fact.tool ?? ""));
  },
  "tool.returned": ({ begin }, open) => {
    if (open?.doing === "tool" && --open.calls <= 0) begin("first");
  },
  "step.waiting": ({ begin }) => begin("person"),
  "step.decided": ({ close }, open) => { if (open?.doing === "person") close(); },
  "step.due": ({ close, fact }, open) => { if (open?.doing === "person" && fact.purpose === "approval") close(); },
  "step.retry_scheduled": ({ begin }) => begin("pause"),
  "step.completed": (hand, open) => { settles(hand, open); hand.mark(hand.fact.kept === true ? "kept" : "completed"); },
  "step.failed": (hand, open) => { settles(hand, open); hand.mark("failed"); },
  "step.cancelled": (hand, open) => { settles(hand, open); hand.mark("cancelled"); },
  "step.skipped": ({ mark }) => mark("skipped"),
};
