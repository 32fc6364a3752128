// Numbers, times, amounts and the ends of texts as people read them. What is unknown is said to be, and is never 0.

const AGO = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const AGES: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1],
];
const CLOCK = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });

/** `3 minutes ago`. */
export function ago(at: string | number | Date, now = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  for (const [unit, size] of AGES) {
    if (Math.abs(seconds) >= size || unit === "second") return AGO.format(Math.round(seconds / size), unit);
  }
  return "";
}

export function clock(at: string | number | Date): string {
  return CLOCK.format(new Date(at));
}

/** `0.42 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(ms < 1000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** `980`, `12.3k`, `4.1M`. */
export function count(n: number): string {
  if (n < 10_000) return n.toLocaleString("en");
  return n < 1_000_000 ? `${(n / 1000).toFixed(1)}k` : `${(n / 1_000_000).toFixed(1)}M`;
}

export function bytes(n: number): string {
  if (n < 1024) return `${n} B`;
  if (n < 1 << 20) return `${(n / 1024).toFixed(1)} KiB`;
  return n < 2 ** 30 ? `${(n / (1 << 20)).toFixed(1)} MiB` : `${(n / 2 ** 30).toFixed(1)} GiB`;
}

/** An amount in dollars; `unknown` where the price is not known, which is not nothing. */
export function dollars(amount: string | number | null | undefined): string {
  if (amount === null || amount === undefined) return "unknown";
  const value = Number(amount);
  if (value === 0) return "$0";
  return `$${value.toFixed(value < 0.0001 ? 6 : value < 0.01 ? 4 : 2)}`;
}

/** All that were read and written, from a cache or not; 0 for nothing. Thinking is part of what was written. */
export function tokensOf(usage: { readonly [kind: string]: number } | undefined): number {
  return Object.entries(usage ?? {}).reduce((sum, [kind, n]) => (kind.endsWith("_tokens") && kind !== "thinking_tokens" ? sum + n : sum), 0);
}

/** The last words, on few lines: what follows the last that a node has room for. */
export function lastWords(text: string, most = 140): string {
  const tail = text.slice(-most * 2).replace(/\s+/g, " ").trim();
  return tail.length > most ? `…${[...tail].slice(-most).join("")}` : tail;
}

/** The first words, of what is over. */
export function firstWords(text: string, most = 140): string {
  return [...text.slice(0, most * 2).replace(/\s+/g, " ").trim()].slice(0, most).join("");
}
