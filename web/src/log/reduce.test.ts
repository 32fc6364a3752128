import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { History } from "./history.js";
import { fold, reduce, standsInFor, statusOf } from "./reduce.js";
import type { RunEvent } from "./facts.js";
import { EMPTY, type RunView } from "./view.js";

interface Vector {
  name: string;
  events: { id: number; data: RunEvent["data"] }[];
  expected: { status: string; needs_reread: boolean; steps: Record<string, unknown> };
}

const vectors = JSON.parse(
  readFileSync(new URL("../../../docs/reference/stream-vectors.json", import.meta.url), "utf8"),
) as Vector[];

function shown(view: RunView): unknown {
  const steps: Record<string, unknown> = {};
  view.steps.forEach((step, number) => {
    if (!step) return;
    steps[number] = {
      node: step.node, status: step.status, attempt: step.attempt, execution: step.execution, text: step.words.text,
      thinking: step.thoughts.text, tool: step.tool?.tool ?? null, blob: step.blob,
      error: step.error?.code ?? null,
      calls: step.calls.map((call) => ({
        turn: call.turn, index: call.index, tool: call.tool, input: call.input, times: call.times,
        outcome: call.outcome, output: call.output, error: call.error?.code ?? null,
      })),
      citations: step.citations.map(({ offset, url, title, text }) => ({ offset, url, title, text })),
      citations_left_out: step.citationsLeftOut,
      model: step.model, stands_in_for: standsInFor(step),
      failures: step.failures.map(({ attempt, model, error }) => ({ attempt, model, error: error.code })),
    };
  });
  return { status: statusOf(view), needs_reread: view.needsReread, steps };
}

describe("the law", () => {
  test.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (_, { events, expected }) => {
    const view = fold(events);
    if (expected.needs_reread) expect(view.needsReread).toBe(true);
    else expect(shown(view)).toEqual(expected);
  });

  test.each(vectors.map((vector) => [vector.name, vector] as const))("at each fact: %s", (_, { events }) => {
    const history = new History();
    for (const event of events) history.add(event);
    expect(history.latest).toEqual(events.reduce(reduce, EMPTY));
    history.events.forEach((__, at) => expect(history.at(at)).toEqual(fold(history.events.slice(0, at))));
  });
});

test("a view that was given away stays as it was", () => {
  const said = (id: number, offset: number, text: string): RunEvent => ({
    id,
    data: { type: "step.delta", version: 1, at: "", workspace: "w", run: "r", step: 0, node: "n", attempt: 1, execution: 1, offset, text },
  });
  const before = fold([said(1, 0, "a")]);
  fold([said(2, 1, "b"), said(3, 2, "c")], before);
  expect(before.steps[0]?.words.text).toBe("a");
});

test("a retry says when it is due", () => {
  const about = { version: 1, at: "2026-01-01T00:00:00.500Z", workspace: "w", run: "r", step: 0, node: "n", attempt: 1 };
  const failed = { ...about, type: "step.failed", execution: 1, error: { code: "overloaded", message: "" } };
  const view = fold([{ id: 1, data: failed }, { id: 2, data: { ...about, type: "step.retry_scheduled", delay_seconds: 2.5 } }]);
  expect(view.steps[0]?.retryAt).toBe("2026-01-01T00:00:03.000Z");
});

test("of an attempt in flight the first two hundred sources are known", () => {
  const about = { version: 1, at: "", workspace: "w", run: "r", step: 0, node: "n", attempt: 1, execution: 1 };
  const named = Array.from({ length: 299 }, (_, n): RunEvent => ({
    id: n + 1, data: { ...about, type: "step.citation", offset: 0, citation: { kind: "k", url: `https://${n + 1}.x` } },
  }));
  const found = fold(named).steps[0]?.citations ?? [];
  expect([found.length, found.at(-1)?.url]).toEqual([200, "https://200.x"]);
});
