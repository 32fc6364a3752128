// What the palette finds: the pages and acts of the console, and what the workspace has.

import { get, type Schema } from "../api/client";
import { nameOf } from "../ui/Status";
import { ago } from "../ui/figures";

export interface Found {
  readonly id: string;
  readonly group: "places" | "acts" | "pipelines" | "runs" | "agents" | "tools" | "people";
  readonly title: string;
  readonly about?: string;
  readonly status?: string;
  /** An address below the workspace's own, or what is done. */
  readonly to?: string;
  readonly act?: () => void;
}

const FEW = 6;

/** Those that have every word of `text` in them; the beginnings of titles come first. */
export function matching(items: readonly Found[], text: string): Found[] {
  const asked = text.toLowerCase().split(/\s+/).filter(Boolean);
  const scored = items.flatMap((item) => {
    const title = item.title.toLowerCase();
    const all = `${title} ${item.about?.toLowerCase() ?? ""} ${item.id.toLowerCase()}`;
    if (!asked.every((word) => all.includes(word))) return [];
    const score = asked.reduce((sum, word) => sum + (title.startsWith(word) ? 3 : title.includes(` ${word}`) ? 2 : title.includes(word) ? 1 : 0), 0);
    return [{ item, score }];
  });
  return scored.sort((one, other) => other.score - one.score).map(({ item }) => item);
}

/** What the workspace has of `text`: pipelines, runs, agents, tools, people; those just used without one. */
export async function findThings(text: string, signal: AbortSignal): Promise<Found[]> {
  const asked = text.trim();
  const search = asked.length >= 2 ? asked.slice(0, 200) : null;
  const limit = search ? FEW : 4;
  const lists = await Promise.allSettled([
    list<Schema<"Listed">>("pipelines", { search, limit }, signal).then((all) => all.map(({ id, name }): Found => ({ id: `pipeline:${id}`, group: "pipelines", title: name, to: `pipelines/${id}` }))),
    findRuns(asked, search, signal),
    search ? list<Schema<"AgentShape">>("agents", { search, limit }, signal).then((all) => all.map(({ id, name, model }): Found => ({ id: `agent:${id}`, group: "agents", title: name, about: model ?? "", to: `agents?agent=${id}` }))) : [],
    search ? list<Schema<"ToolShape">>("tools", { search, limit }, signal).then((all) => all.map(({ id, name, kind }): Found => ({ id: `tool:${id}`, group: "tools", title: name, about: kind, to: `agents?tool=${id}` }))) : [],
  ]);
  return lists.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
}

async function findRuns(asked: string, search: string | null, signal: AbortSignal): Promise<Found[]> {
  const isId = /^[0-9a-f]{4}[0-9a-f-]{0,32}$/i.test(asked);
  const found = await list<Schema<"RunListed">>("runs", isId ? { id_prefix: asked, limit: FEW } : { search, limit: search ? FEW : 4 }, signal);
  return found.map((run): Found => ({
    id: `run:${run.run_id}`, group: "runs", title: run.pipeline_name ?? (run.input_preview.trim().split("\n")[0]?.slice(0, 60) || run.run_id),
    about: `${nameOf(run.status)} · ${ago(run.created_at)}`, status: run.status, to: `runs/${run.run_id}`,
  }));
}

async function list<T>(what: string, query: Record<string, string | number | null>, signal: AbortSignal): Promise<T[]> {
  return (await get<{ items: T[] }>(`api/v1/${what}`, query, signal)).items;
}
