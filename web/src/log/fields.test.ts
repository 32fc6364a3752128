import { expect, test } from "vitest";
import { outcomesOf } from "../run/compare/steps.js";
import { ALL, fits, isFailure, lookedThrough } from "../run/facts/filter.js";
import { gist, jsonLines, Workers } from "../run/facts/text.js";
import { Notes } from "../run/noted.js";
import { sentencesOf } from "../run/story/sentences.js";
import { Spans } from "../run/timeline/spans.js";
import type { RunEvent } from "./facts.js";
import { KINDS, madeFact, VARIANTS } from "./made_facts.js";
import { fold } from "./reduce.js";

const READERS: Readonly<Record<string, (events: readonly RunEvent[], fact: RunEvent) => unknown>> = {
  view: (events) => fold(events),
  notes: (events) => new Notes().of(events, 0),
  spans: (events) => new Spans().take(events).rows,
  gist: (_, { data }) => gist(data),
  workers: (events, { data }) => new Workers().take(events).of(data),
  lines: (events) => jsonLines(events),
  filter: (_, { data }) => [fits(data, { ...ALL, failedOnly: true }), isFailure(data), lookedThrough(data)],
  sentences: (events) => sentencesOf(events, events.length, String, 10),
  comparison: (events) => outcomesOf(events),
};

test.each(KINDS)("what readers read of %s is what it says", (kind) => {
  const unknown = new Set<string>();
  for (const read of Object.values(READERS)) {
    for (let variant = 0; variant < VARIANTS; variant++) {
      const fact = { id: 2, data: madeFact(kind, variant, unknown) };
      read([fact], fact);
      read([{ id: 1, data: madeFact("step.started", variant, unknown) }, fact, { ...fact, id: 3 }], fact);
    }
  }
  expect([...unknown]).toEqual([]);
});
