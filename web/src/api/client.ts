// Calls of the api: JSON both ways, within the workspace that the address names. What is refused is
// thrown as a Problem, whose code is stable and whose words are for people.

import { words } from "../words";
import type { components } from "./described";

export type Schema<K extends keyof components["schemas"]> = components["schemas"][K];

export interface Spot {
  path: string;
  message: string;
  code?: string;
}

/** What the api refused (RFC 9457), or `unreachable` where it did not answer. */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly problems: readonly Spot[];
  /** Whatever else it tells, by name: `variables` that are missing, who decided. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds: number | null;

  constructor(status: number, body: Record<string, unknown>, retryAfter: string | null = null) {
    super(typeof body.detail === "string" ? body.detail : `${status}`);
    this.name = "Problem";
    this.status = status;
    this.code = typeof body.code === "string" ? body.code : "unknown";
    this.members = body;
    this.problems = Array.isArray(body.problems) ? (body.problems as Spot[]) : [];
    this.retryAfterSeconds = retryAfter === null ? null : Number(retryAfter) || null;
  }
}

/** Whether the api said that there is no such thing, or no longer. */
export function isMissing(error: unknown): boolean {
  return error instanceof Problem && error.status === 404;
}

export interface Asked {
  query?: Record<string, string | number | boolean | readonly string[] | null | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
  /** One of `AbortSignal.timeout` says `unreachable` when its time is over. */
  signal?: AbortSignal;
  /** How long an answer is waited for, if it may take longer than others. */
  patienceMs?: number;
  /** The workspace to ask in; the one of the address if left out. */
  workspace?: string | null;
}

export interface Told<T> {
  body: T;
  headers: Headers;
  status: number;
}

export type Method = "GET" | "POST" | "PUT" | "DELETE";

// A proxy, or a network that is gone, may take a call and never answer.
const PATIENCE_MS = { GET: 20_000, POST: 60_000, PUT: 60_000, DELETE: 60_000 } as const satisfies Record<Method, number>;

let whenSigned: (isOut: boolean) => void = () => undefined;

/** Calls with true when the session is over, each time that is found, and with false once there is one again. */
export function onSigned(call: (isOut: boolean) => void): void {
  whenSigned = call;
}

let isSignedOut = false;
const waiting = new Set<() => void>();

/** Says that the session is over, as whoever reads a stream may find out. */
export function signedOut(): void {
  if (!isSignedOut) lookWhenSeen(true);
  isSignedOut = true;
  whenSigned(true);
}

/** Calls back once a call is answered again after the session was over; returns what ends that. */
export function onceSignedIn(call: () => void): () => void {
  waiting.add(call);
  return () => void waiting.delete(call);
}

function signedIn(): void {
  if (!isSignedOut) return;
  isSignedOut = false;
  lookWhenSeen(false);
  whenSigned(false);
  const calls = [...waiting];
  waiting.clear();
  for (const call of calls) call();
}

// Somebody may have signed in in another tab.
function lookWhenSeen(isLooking: boolean): void {
  const how = isLooking ? "addEventListener" : "removeEventListener";
  window[how]("focus", look);
  document[how]("visibilitychange", look);
}

function look(): void {
  if (document.hidden) return;
  void fetch(urlOf("api/v1/me"), { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS.GET) }).then(({ ok }) => ok && signedIn(), () => undefined);
}

/** The slug that the address names, as in `w/acme/runs`. */
export function workspaceOfAddress(): string | null {
  const path = location.pathname.slice(new URL(document.baseURI).pathname.length);
  const [first, slug] = path.split("/");
  try {
    return first === "w" && slug ? decodeURIComponent(slug) : null;
  } catch {
    return null;
  }
}

/** The address of a call, relative to where the console stands. */
export function urlOf(path: string, query: Asked["query"] = {}): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) asked.append(name, String(each));
  }
  const text = asked.toString();
  return new URL(text ? `${path}?${text}` : path, document.baseURI).href;
}

/** The answer with its headers (ETag, Location). Throws Problem. */
export async function ask<T>(method: Method, path: string, asked: Asked = {}): Promise<Told<T>> {
  const workspace = asked.workspace === undefined ? workspaceOfAddress() : asked.workspace;
  const headers: Record<string, string> = { Accept: "application/json", ...asked.headers };
  if (workspace) headers["X-Penstock-Workspace"] = workspace;
  if (asked.body !== undefined) headers["Content-Type"] = "application/json";
  const late = AbortSignal.timeout(asked.patienceMs ?? PATIENCE_MS[method]);
  const signal = asked.signal ? AbortSignal.any([asked.signal, late]) : late;
  const lost = (error: unknown): never => {
    const isLate = signal.reason instanceof DOMException && signal.reason.name === "TimeoutError";
    if (signal.aborted && !isLate) throw error;
    throw new Problem(0, { code: "unreachable", detail: isLate && method !== "GET" ? words.ui.unanswered : words.ui.unreachable });
  };
  const answer = await fetch(urlOf(path, asked.query), {
    method,
    headers,
    cache: "no-store",
    ...(asked.body !== undefined && { body: JSON.stringify(asked.body) }),
    signal,
  }).catch(lost);
  const text = await answer.text().catch(lost);
  const body = text ? parsed(text) : null;
  // What is no JSON comes from somebody else, such as a proxy.
  if (answer.ok && body === undefined) return lost(null);
  if (answer.ok) {
    signedIn();
    return { body: body as T, headers: answer.headers, status: answer.status };
  }
  if (answer.status === 401) signedOut();
  const isObject = typeof body === "object" && body !== null;
  throw new Problem(answer.status, isObject ? (body as Record<string, unknown>) : {}, answer.headers.get("retry-after"));
}

/** What a call answers. Throws Problem. */
export async function call<T>(method: Method, path: string, asked: Asked = {}): Promise<T> {
  return (await ask<T>(method, path, asked)).body;
}

export function get<T>(path: string, query?: Asked["query"], signal?: AbortSignal): Promise<T> {
  return call<T>("GET", path, { ...(query && { query }), ...(signal && { signal }) });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
