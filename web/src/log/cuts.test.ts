import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { RunEvent } from "./facts.js";
import { History } from "./history.js";
import { fold } from "./reduce.js";
import { EventParser, type Message } from "./wire/sse.js";

interface Vector {
  readonly name: string;
  readonly events: readonly { readonly id: number; readonly data: RunEvent["data"] }[];
  readonly expected: { readonly needs_reread: boolean };
}

const STREAMS: readonly RunEvent[][] = (JSON.parse(
  readFileSync(new URL("../../../docs/reference/stream-vectors.json", import.meta.url), "utf8"),
) as Vector[]).filter(({ expected }) => !expected.needs_reread).map(({ events }) => events.map(({ id, data }) => ({ id, data })))
  // Some vectors hold what no api sends, such as an id twice.
  .filter((events) => events.every(({ id }, at) => at === 0 || id > events[at - 1]!.id));
const SEEDS = 200;
const LARGE = "🌊ß".repeat(160_000);

/** Numbers from 0 up to 1, the same for a seed (a linear congruential generator: Numerical Recipes, 7.1). */
function chance(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

// As a proxy may send them: any line end, comments between, several lines of data, bytes cut anywhere.
function frames(events: readonly RunEvent[], next: () => number): string {
  const ends = ["\n", "\r\n", "\r"];
  return events.map(({ id, data }) => {
    const end = ends[Math.floor(next() * 3)]!;
    const comment = next() < 0.3 ? `: keep-alive${end}${end}` : "";
    const text = JSON.stringify(data, null, next() < 0.5 ? 1 : 0).split("\n").map((line) => `data: ${line}`).join(end);
    return `${comment}id: ${id}${end}event: ${data.type}${end}${text}${end}${end}`;
  }).join("");
}

function read(bytes: Uint8Array, parser: EventParser, next: () => number, longest: number): Message[] {
  const decoder = new TextDecoder();
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = 1 + Math.floor(next() * longest);
    messages.push(...parser.push(decoder.decode(bytes.subarray(at, at + size), { stream: true })));
    at += size;
  }
  return messages;
}

function told(messages: readonly Message[]): RunEvent[] {
  return messages.map(({ id, data }) => ({ id: Number(id), data: JSON.parse(data) as RunEvent["data"] }));
}

function seeded(check: (events: RunEvent[], next: () => number, seed: string) => void): void {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const next = chance(seed);
    check(STREAMS[Math.floor(next() * STREAMS.length)]!, next, `seed ${seed}`);
  }
}

test("bytes that are cut anywhere say the same", () => seeded((events, next, seed) => {
  const bytes = new TextEncoder().encode(`\uFEFF${frames(events, next)}`);
  expect(told(read(bytes, new EventParser(), next, 1 + Math.floor(next() * 40))), seed).toEqual(events);
}));

test("a reader that is cut again and again shows each event once", () => seeded((events, next, seed) => {
  const history = new History();
  let after = "";
  for (let cuts = 0; cuts < 1_000 && history.events.length < events.length; cuts++) {
    const parser = new EventParser(after);
    const rest = frames(events.filter(({ id }) => id > Number(after)), next);
    const bytes = new TextEncoder().encode(rest);
    // The line is cut in any byte; what came of an event that was not whole is nothing.
    history.addAll(told(read(bytes.subarray(0, Math.ceil(next() * 1.3 * bytes.length)), parser, next, 50)));
    after = parser.lastId;
  }
  expect(history.events, seed).toEqual(events);
  expect(history.latest, seed).toEqual(fold(events));
}));

test("an event of a megabyte is read in pieces of a kilobyte", () => {
  const event = { id: 1, data: { type: "step.completed", version: 1, at: "", workspace: "w", run: "r", step: 0, node: "n", attempt: 1, output: LARGE } };
  const bytes = new TextEncoder().encode(frames([event], chance(1)));
  expect(bytes.length).toBeGreaterThan(900_000);
  expect(told(read(bytes, new EventParser(), chance(2), 1_024))).toEqual([event]);
});
