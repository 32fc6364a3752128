// What a run's event stream tells, as far as the law reads it. Source: docs/reference/events.md.

export interface Usage {
  readonly [kind: string]: number;
}

/** A text beside the stream, over 64 KiB, or 4 KiB of a tool's. */
export interface Blob {
  readonly blob: string;
  readonly size_bytes: number;
  readonly url: string;
}

export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly [more: string]: unknown;
}

/** A fact as it is told: `type` names it, the rest depends on it. */
export interface Fact {
  readonly type: string;
  readonly version: number;
  readonly at: string;
  readonly workspace: string;
  readonly run: string;
  readonly step?: number;
  readonly node?: string;
  readonly attempt?: number;
  readonly execution?: number;
  readonly [more: string]: unknown;
}

/** One event of the stream; `id` is the fact's position in the log. */
export interface RunEvent {
  readonly id: number;
  readonly data: Fact;
}
