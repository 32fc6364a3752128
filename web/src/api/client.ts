// Calls of the api: JSON both ways, within the workspace that the address names. What is refused is
// thrown as a Problem, whose code is stable and whose words are for people.

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
  readonly retryAfterSeconds: number | null;

  constructor(status: number, body: Record<string, unknown>, retryAfter: string | null = null) {
    super(typeof body.detail === "string" ? body.detail : `${status}`);
    this.name = "Problem";
    this.status = status;
    this.code = typeof body.code === "string" ? body.code : "unknown";
    this.problems = Array.isArray(body.problems) ? (body.problems as Spot[]) : [];
    this.retryAfterSeconds = retryAfter === null ? null : Number(retryAfter) || null;
  }
}

export interface Asked {
  query?: Record<string, string | number | boolean | readonly string[] | null | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** The workspace to ask in; the one of the address if left out. */
  workspace?: string | null;
}

export interface Told<T> {
  body: T;
  headers: Headers;
  status: number;
}

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** Called when the session is over: a dialog asks to sign in, and the page stays as it is. */
let whenSignedOut: () => void = () => undefined;

export function onSignedOut(call: () => void): void {
  whenSignedOut = call;
}

let isSignedOut = false;
const waiting = new Set<() => void>();

/** Says that the session is over, as whoever reads a stream may find out. */
export function signedOut(): void {
  isSignedOut = true;
  whenSignedOut();
}

/** Calls back once a call is answered again after the session was over; returns what ends that. */
export function onceSignedIn(call: () => void): () => void {
  waiting.add(call);
  return () => void waiting.delete(call);
}

function signedIn(): void {
  if (!isSignedOut) return;
  isSignedOut = false;
  const calls = [...waiting];
  waiting.clear();
  for (const call of calls) call();
}

/** The slug that the address names, as in `w/acme/runs`. */
export function workspaceOfAddress(): string | null {
  const path = location.pathname.slice(new URL(document.baseURI).pathname.length);
  const [first, slug] = path.split("/");
  return first === "w" && slug ? decodeURIComponent(slug) : null;
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
  const answer = await fetch(urlOf(path, asked.query), {
    method,
    headers,
    cache: "no-store",
    ...(asked.body !== undefined && { body: JSON.stringify(asked.body) }),
    ...(asked.signal && { signal: asked.signal }),
  }).catch((error: unknown) => {
    if (asked.signal?.aborted) throw error;
    throw new Problem(0, { code: "unreachable", detail: "Penstock could not be reached." });
  });
  const text = await answer.text();
  if (answer.ok) {
    signedIn();
    return { body: (text ? JSON.parse(text) : null) as T, headers: answer.headers, status: answer.status };
  }
  if (answer.status === 401) signedOut();
  throw new Problem(answer.status, parsed(text), answer.headers.get("retry-after"));
}

/** What a call answers. Throws Problem. */
export async function call<T>(method: Method, path: string, asked: Asked = {}): Promise<T> {
  return (await ask<T>(method, path, asked)).body;
}

export function get<T>(path: string, query?: Asked["query"], signal?: AbortSignal): Promise<T> {
  return call<T>("GET", path, { ...(query && { query }), ...(signal && { signal }) });
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
