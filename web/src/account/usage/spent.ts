// What runs used and cost, as a table, as bars, and as CSV. What is of unknown price is unknown in all.

import type { Schema } from "../../api/client";

export type Item = Schema<"UsageItem">;
export type Report = Schema<"UsageReport">;
export const GROUPS = ["day", "pipeline", "agent", "model"] as const;
export type Group = (typeof GROUPS)[number];

export interface Bar {
  readonly name: string;
  readonly cost: number | null;
  readonly tokens: number;
}

export function tokensOf({ usage }: Pick<Item, "usage">): number {
  return usage.input_tokens + usage.output_tokens + cachedOf({ usage }) + usage.cache_creation_5m_tokens + usage.cache_creation_1h_tokens;
}

export function cachedOf({ usage }: Pick<Item, "usage">): number {
  return usage.cache_read_tokens;
}

/** What an item is of, by what was asked. */
export function nameOf(item: Item, group: Group, unknown: string): string {
  const value = { day: item.day, pipeline: item.pipeline_name ?? item.pipeline_id, agent: item.agent, model: item.model }[group];
  return value ?? unknown;
}

/** A bar for each item; days from the first to the last with those of nothing, which a report leaves out. */
export function barsOf({ items, since, until }: Report, group: Group, unknown: string): Bar[] {
  const bars = items.map((item): Bar => ({ name: nameOf(item, group, unknown), cost: item.cost_usd === null ? null : Number(item.cost_usd), tokens: tokensOf(item) }));
  if (group !== "day") return bars;
  const known = new Map(bars.map((bar) => [bar.name, bar]));
  return daysIn(since, until).map((day) => known.get(day) ?? { name: day, cost: 0, tokens: 0 });
}

export function daysIn(since: string, until: string): string[] {
  const days: string[] = [];
  const last = new Date(Date.parse(until) - 1).toISOString().slice(0, 10);
  for (let at = Date.parse(`${since.slice(0, 10)}T00:00:00Z`); days.length < 100; at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10);
    if (day > last) break;
    days.push(day);
  }
  return days;
}

/** The report as a table of a spreadsheet; texts that one would take for a formula are made none. */
export function csvOf(report: Report): string {
  const head = ["day", "pipeline_id", "pipeline", "agent", "model", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd"];
  const rows = report.items.map(({ day, pipeline_id, pipeline_name, agent, model, usage, cost_usd }) => [
    day, pipeline_id, pipeline_name, agent, model, usage.input_tokens, usage.output_tokens, usage.cache_read_tokens,
    usage.cache_creation_5m_tokens + usage.cache_creation_1h_tokens, cost_usd ?? "unknown",
  ]);
  return [head, ...rows].map((row) => row.map((cell) => cellOf(cell ?? "")).join(",")).join("\r\n") + "\r\n";
}

function cellOf(value: string | number): string {
  const text = String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
