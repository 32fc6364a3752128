// What the palette finds: the pages and acts of the console, and what the workspace has.

import { get, type Schema } from "../api/client";
import { titleOf } from "../runs/rows";
import { nameOf } from "../ui/Status";
import { ago } from "../ui/figures";

export interface Found {
  readonly id: string;
  readonly group: "places" | "acts" | "pipelines" | "runs" | "approvals" | "agents" | "tools" | "people";
  readonly title: string;
  readonly about?: string;
  readonly status?: string;
  /** An address below the workspace's own, or what is done. */
  readonly to?: string;
  readonly act?: () => void;
}

const FEW = 6;
const SHORTEST_LETTERS = 3;

/** Those that have every word of `text` in them, the beginnings of titles first; else those whose titles have
 * the letters of each word in that order. */
export function matching(items: readonly Found[], text: string): Found[] {
  const asked = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = items.filter((item) => asked.every((word) => `${item.title} ${item.about ?? ""} ${item.id}`.toLowerCase().includes(word)));
  if (found.length === 0) return items.filter(({ title }) => asked.every((word) => isWithin(word, title.toLowerCase())));
  const scored = found.map((item) => ({ item, score: scoreOf(item.title.toLowerCase(), asked) }));
  return scored.sort((one, other) => other.score - one.score).map(({ item }) => item);
}

function scoreOf(title: string, asked: readonly string[]): number {
  return asked.reduce((sum, word) => sum + (title.startsWith(word) ? 3 : title.includes(` ${word}`) ? 2 : title.includes(word) ? 1 : 0), 0);
}

/** Whether a title has these letters in that order, as `stg` of `settings`; fewer than three say nothing. */
function isWithin(letters: string, title: string): boolean {
  if (letters.length < SHORTEST_LETTERS) return false;
  let at = -1;
  return [...letters].every((letter) => (at = title.indexOf(letter, at + 1)) >= 0);
}

/** What the workspace has of `text`: pipelines, runs, agents, tools, people, and what waits for who asks; those just used without one. */
export async function findThings(workspace: string, text: string, signal: AbortSignal): Promise<Found[]> {
  const asked = text.trim();
  const search = asked.length >= 2 ? asked.slice(0, 200) : null;
  const limit = search ? FEW : 4;
  const lists = await Promise.allSettled([
    list<Schema<"Listed">>("pipelines", { search, limit }, signal).then((all) => all.map(({ id, name }): Found => ({ id: `pipeline:${id}`, group: "pipelines", title: name, to: `pipelines/${id}` }))),
    findRuns(asked, search, signal),
    search ? list<Schema<"AgentShape">>("agents", { search, limit }, signal).then((all) => all.map(({ id, name, model }): Found => ({ id: `agent:${id}`, group: "agents", title: name, about: model ?? "", to: `agents?id=${id}` }))) : [],
    search ? list<Schema<"ToolShape">>("tools", { search, limit }, signal).then((all) => all.map(({ id, name, kind }): Found => ({ id: `tool:${id}`, group: "tools", title: name, about: kind, to: `agents?show=tools&id=${id}` }))) : [],
    search ? findPeople(workspace, asked, signal) : [],
    findWaiting(asked, signal),
  ]);
  return lists.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
}

async function findRuns(asked: string, search: string | null, signal: AbortSignal): Promise<Found[]> {
  const isId = /^[0-9a-f]{4}[0-9a-f-]{0,32}$/i.test(asked);
  const found = await list<Schema<"RunListed">>("runs", isId ? { id_prefix: asked, limit: FEW } : { search, limit: search ? FEW : 4 }, signal);
  return found.map((run): Found => ({
    id: `run:${run.run_id}`, group: "runs", title: titleOf(run),
    about: `${nameOf(run.status)} · ${ago(run.created_at)}`, status: run.status, to: `runs/${run.run_id}`,
  }));
}

async function findPeople(workspace: string, asked: string, signal: AbortSignal): Promise<Found[]> {
  const members = await list<Schema<"MemberShape">>(`workspaces/${encodeURIComponent(workspace)}/members`, { limit: 200 }, signal);
  return matching(members.map(({ id, name, email }): Found => ({ id: `person:${id}`, group: "people", title: name, about: email, to: "account?part=people" })), asked).slice(0, FEW);
}

async function findWaiting(asked: string, signal: AbortSignal): Promise<Found[]> {
  const runs = await list<Schema<"RunListed">>("runs", { waiting_for_me: "true", order: "oldest", limit: 20 }, signal);
  return matching(runs.map((run): Found => ({
    id: `approval:${run.run_id}`, group: "approvals", title: titleOf(run), about: run.waiting_for?.text ?? nameOf(run.status), status: "waiting", to: `runs/${run.run_id}`,
  })), asked).slice(0, FEW);
}

async function list<T>(what: string, query: Record<string, string | number | null>, signal: AbortSignal): Promise<T[]> {
  return (await get<{ items: T[] }>(`api/v1/${what}`, query, signal)).items;
}
