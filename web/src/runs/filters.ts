// Which runs are shown, as the address has it: what the api is asked for, and what a job is given.

export const STATUSES = ["pending", "running", "waiting", "completed", "failed", "cancelled"] as const;
export type Status = (typeof STATUSES)[number];

/** How long ago runs were asked for at most, in seconds. */
export const SPANS = { "1h": 3_600, "24h": 86_400, "7d": 604_800, "30d": 2_592_000 } as const;
export type Span = keyof typeof SPANS;

export interface Filter {
  readonly status: readonly Status[];
  readonly pipeline: string;
  readonly tags: string;
  readonly metadata: string;
  readonly search: string;
  readonly who: string;
  readonly since: Span | "";
  readonly id: string;
  readonly mine: boolean;
}

export type Names = Exclude<keyof Filter, "status" | "mine">;

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
    who: text("who"), id: text("id"), since: since in SPANS ? (since as Span) : "", mine: text("mine") === "1",
  };
}

export function isEmpty(filter: Filter): boolean {
  return filter.status.length === 0 && !filter.since && !filter.mine && TEXTS.every((name) => !filter[name]);
}

/** What is wrong with a filter, by the name of what is to be changed. Nothing wrong is asked for. */
export function wrongIn(filter: Filter): Partial<Record<Names, "search" | "tags" | "metadata" | "id">> {
  return {
    ...(filter.search && filter.search.length < SHORTEST_SEARCH && { search: "search" as const }),
    ...(tagsIn(filter.tags).some((tag) => !TAG.test(tag)) && { tags: "tags" as const }),
    ...(filter.metadata && !metadataIn(filter.metadata) && { metadata: "metadata" as const }),
    ...(filter.id && !ID.test(filter.id) && { id: "id" as const }),
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
  const good = (name: Names) => (wrong[name] ? "" : filter[name]) || null;
  return {
    status: filter.status.length ? filter.status.join(",") : null,
    pipeline_id: good("pipeline"), search: good("search"), requested_by: good("who"), id_prefix: good("id"),
    tags: good("tags") && tagsIn(filter.tags).join(","),
    metadata: good("metadata") && JSON.stringify(metadataIn(filter.metadata)),
    created_after: after(filter.since, now),
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
}

const MEANT: Record<JobKind, readonly Status[]> = { cancel: ["pending", "running", "waiting"], retry: ["failed", "cancelled"] };

/** The filter of a job over what is shown; or why no job can be given that. */
export function jobOf(kind: JobKind, filter: Filter, now: number): { body: JobBody } | { why: "status" | "id" | "mine" | "wrong" } {
  const status = filter.status.filter((each) => MEANT[kind].includes(each));
  if (filter.status.length > 0 && status.length === 0) return { why: "status" };
  if (filter.id) return { why: "id" };
  if (filter.mine) return { why: "mine" };
  if (Object.keys(wrongIn(filter)).length > 0) return { why: "wrong" };
  const created = after(filter.since, now);
  return {
    body: {
      ...(status.length > 0 && { status }),
      ...(filter.pipeline && { pipeline_id: filter.pipeline }),
      ...(filter.tags && { tags: tagsIn(filter.tags) }),
      ...(filter.metadata && { metadata: metadataIn(filter.metadata) ?? {} }),
      ...(filter.search && { search: filter.search }),
      ...(filter.who && { requested_by: filter.who }),
      ...(created && { created_after: created }),
    },
  };
}

function after(since: Span | "", now: number): string | null {
  return since ? new Date(now - SPANS[since] * 1000).toISOString() : null;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
