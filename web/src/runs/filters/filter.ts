// Which runs are shown, as the address has it: what the api is asked for, and what a job is given.

export const STATUSES = ["pending", "running", "waiting", "completed", "failed", "cancelled"] as const;
export type Status = (typeof STATUSES)[number];

/** How long ago at most, in seconds. */
export const SPANS = { "1h": 3_600, "24h": 86_400, "7d": 604_800, "30d": 2_592_000 } as const;
/** `dates`: from one moment to another, each of which may be left out. */
export type Span = keyof typeof SPANS | "dates";

export interface Filter {
  readonly status: readonly Status[];
  readonly pipeline: string;
  readonly tags: string;
  readonly metadata: string;
  readonly search: string;
  readonly who: string;
  readonly since: Span | "";
  /** Whether that is when runs ended; else when they were asked for. */
  readonly ended: boolean;
  /** Moments in RFC 3339, looked at with `dates` alone. */
  readonly from: string;
  readonly to: string;
  readonly id: string;
  readonly mine: boolean;
}

export type Names = (typeof TEXTS)[number];

const TEXTS = ["pipeline", "tags", "metadata", "search", "who", "id"] as const;
const TAG = /^[\p{L}\p{N}._:/@+=-]{1,64}$/u;
const ID = /^[0-9a-f-]{1,36}$/i;
const SHORTEST_SEARCH = 2;

export function filterOf(address: URLSearchParams): Filter {
  const text = (name: string) => (address.get(name) ?? "").trim();
  const since = text("since");
  return {
    status: STATUSES.filter((each) => text("status").split(",").includes(each)),
    pipeline: text("pipeline"), tags: text("tags"), metadata: text("metadata"), search: text("search"),
    who: text("who"), id: text("id"), mine: text("mine") === "1", ended: text("ended") === "1",
    since: since === "dates" || Object.hasOwn(SPANS, since) ? (since as Span) : "",
    from: momentIn(text("from")), to: momentIn(text("to")),
  };
}

export function isEmpty(filter: Filter): boolean {
  return filter.status.length === 0 && !filter.since && !filter.mine && TEXTS.every((name) => !filter[name]);
}

type Wrong = "search" | "tags" | "metadata" | "id" | "to";

/** What is wrong with a filter, by the name of what is to be changed. Nothing wrong is asked for. */
export function wrongIn(filter: Filter): Partial<Record<Wrong, Wrong>> {
  return {
    ...(filter.search && filter.search.length < SHORTEST_SEARCH && { search: "search" as const }),
    ...(tagsIn(filter.tags).some((tag) => !TAG.test(tag)) && { tags: "tags" as const }),
    ...(filter.metadata && !metadataIn(filter.metadata) && { metadata: "metadata" as const }),
    ...(filter.id && !ID.test(filter.id) && { id: "id" as const }),
    ...(filter.since === "dates" && filter.from && filter.to && filter.from >= filter.to && { to: "to" as const }),
  };
}

export function tagsIn(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** `ticket=A-17 size=3` as members; what is JSON is that, all else a text. Null where it is none. */
export function metadataIn(text: string): Record<string, unknown> | null {
  if (text.startsWith("{")) {
    const whole = json(text);
    return typeof whole === "object" && whole !== null && !Array.isArray(whole) ? (whole as Record<string, unknown>) : null;
  }
  const found: [string, unknown][] = [];
  for (const each of text.match(/(?:[^\s"]|"[^"]*")+/g) ?? []) {
    const at = each.indexOf("=");
    if (at < 1) return null;
    const value = each.slice(at + 1);
    found.push([each.slice(0, at), json(value) ?? value]);
  }
  return Object.fromEntries(found);
}

/** The parameters of `GET /runs`. */
export function queryOf(filter: Filter, now: number): Record<string, string | boolean | null> {
  const wrong = wrongIn(filter);
  const good = (name: Names) => (name in wrong ? "" : filter[name]) || null;
  return {
    status: filter.status.length ? filter.status.join(",") : null,
    pipeline_id: good("pipeline"), search: good("search"), requested_by: good("who"), id_prefix: good("id"),
    tags: good("tags") && tagsIn(filter.tags).join(","),
    metadata: good("metadata") && JSON.stringify(metadataIn(filter.metadata)),
    ...timesOf(filter, now),
    waiting_for_me: filter.mine || null,
  };
}

export type JobKind = "cancel" | "retry";
export interface JobBody {
  status?: Status[];
  pipeline_id?: string;
  tags?: string[];
  metadata?: Record<string, unknown>;
  search?: string;
  requested_by?: string;
  created_after?: string;
  created_before?: string;
  ended_after?: string;
  ended_before?: string;
}

export type WhyNot = "status" | "id" | "mine" | "ended" | "wrong";

const MEANT: Record<JobKind, readonly Status[]> = { cancel: ["pending", "running", "waiting"], retry: ["failed", "cancelled"] };

/** The filter of a job over what is shown; or why no job can be given that. */
export function jobOf(kind: JobKind, filter: Filter, now: number): { body: JobBody } | { why: WhyNot } {
  const status = filter.status.filter((each) => MEANT[kind].includes(each));
  if (filter.status.length > 0 && status.length === 0) return { why: "status" };
  if (filter.id) return { why: "id" };
  if (filter.mine) return { why: "mine" };
  if (kind === "cancel" && filter.ended && filter.since) return { why: "ended" };
  if (Object.keys(wrongIn(filter)).length > 0) return { why: "wrong" };
  return {
    body: {
      ...(status.length > 0 && { status }),
      ...(filter.pipeline && { pipeline_id: filter.pipeline }),
      ...(filter.tags && { tags: tagsIn(filter.tags) }),
      ...(filter.metadata && { metadata: metadataIn(filter.metadata) ?? {} }),
      ...(filter.search && { search: filter.search }),
      ...(filter.who && { requested_by: filter.who }),
      ...timesOf(filter, now),
    },
  };
}

/** The bounds of time that a filter means, by the names of the api. */
function timesOf({ since, ended, from, to }: Filter, now: number): Partial<Record<"created_after" | "created_before" | "ended_after" | "ended_before", string>> {
  if (!since) return {};
  const [after, before] = since === "dates" ? [from, to] : [new Date(now - SPANS[since] * 1000).toISOString(), ""];
  const what = ended ? "ended" : "created";
  return { ...(after && { [`${what}_after`]: after }), ...(before && { [`${what}_before`]: before }) };
}

/** A moment of the address or of an `<input type="datetime-local">`; empty where it is none that the api takes. */
export function momentIn(text: string): string {
  const at = Date.parse(text);
  return /^\d{4}-/.test(text) && at > 0 ? new Date(at).toISOString() : "";
}

/** A moment as that input has it, by the clock of who looks. */
export function localOf(moment: string): string {
  if (!moment) return "";
  const at = new Date(moment);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
