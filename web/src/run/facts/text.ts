// A fact in a line, and what is kept of facts beside them: which worker an execution was of.

import type { Blob, Fact, RunEvent } from "../../log/index";
import { bytes, duration } from "../../ui/figures";

const LONGEST = 240;

/** What a fact says besides what the columns tell of it, in a line. */
export function gist(fact: Fact): string {
  const text = GISTS[fact.type]?.(fact) ?? "";
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

const GISTS: Readonly<Record<string, (fact: Fact) => string>> = {
  "run.requested": (fact) => said(fact.input),
  "run.stopping": (fact) => `${said(fact.reason)} ${fault(fact.error)}`,
  "run.cancel_requested": (fact) => [fact.requested_by, fact.reason].map(said).filter(Boolean).join(": "),
  "run.failed": (fact) => fault(fact.error),
  "step.ready": (fact) => [fact.model, fact.pool].map(said).filter(Boolean).join(", "),
  "step.completed": (fact) => said(fact.output),
  "step.failed": (fact) => fault(fact.error),
  "step.retry_scheduled": (fact) => (typeof fact.delay_seconds === "number" ? duration(fact.delay_seconds * 1000) : ""),
  "step.waiting": (fact) => said(fact.prompt),
  "step.decided": (fact) => [fact.decision, fact.decided_by, fact.comment].map(said).filter(Boolean).join(", "),
  "step.due": (fact) => said(fact.purpose),
  "step.turn": (fact) => said(fact.text) || said(fact.stop_reason),
  "step.delta": (fact) => said(fact.text),
  "step.thinking": (fact) => said(fact.text),
  "step.tool": (fact) => [fact.tool, fact.phase].map(said).join(": "),
  "step.progress": (fact) => said(fact.phase),
  "tool.called": (fact) => `${said(fact.tool)} ${said(fact.input)}`,
  "tool.returned": (fact) => `${said(fact.tool)}: ${said(fact.outcome)} ${fact.error ? fault(fact.error) : said(fact.output)}`,
};

function said(value: unknown): string {
  if (typeof value === "string") return value.slice(0, 2 * LONGEST);
  return isBlob(value) ? bytes(value.size_bytes) : "";
}

function fault(value: unknown): string {
  if (typeof value !== "object" || value === null) return "";
  const { code, message } = value as Record<string, unknown>;
  return [code, message].map(said).filter(Boolean).join(": ");
}

export function isBlob(value: unknown): value is Blob {
  return typeof value === "object" && value !== null && "blob" in value && "size_bytes" in value;
}

/** The worker of each execution, as `step.started` names it. */
export class Workers {
  readonly #of = new Map<string, string>();
  #next = 0;

  take(events: readonly RunEvent[]): this {
    if (events.length < this.#next) { this.#next = 0; this.#of.clear(); }
    for (; this.#next < events.length; this.#next++) {
      const { data } = events[this.#next]!;
      if (data.type === "step.started" && typeof data.worker === "string") this.#of.set(key(data), data.worker);
    }
    return this;
  }

  of(fact: Fact): string {
    return typeof fact.worker === "string" ? fact.worker : (this.#of.get(key(fact)) ?? "");
  }
}

function key({ step, attempt, execution }: Fact): string {
  return `${step}.${attempt}.${execution}`;
}

/** All of a run, a fact a line, as it may be read again. */
export function jsonLines(events: readonly RunEvent[]): Blob_ {
  const lines: string[] = [];
  for (const { id, data } of events) lines.push(`${JSON.stringify({ id, ...data })}\n`);
  return new globalThis.Blob(lines, { type: "application/x-ndjson" });
}

type Blob_ = globalThis.Blob;
