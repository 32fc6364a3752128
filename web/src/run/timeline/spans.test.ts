import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../log/index";
import { Spans } from "./spans";

type Told = [second: number, type: string, more?: Record<string, unknown>];

function events(...told: Told[]): RunEvent[] {
  return told.map(([second, type, more], at) => ({
    id: at + 1,
    data: {
      type, version: 1, at: new Date(second * 1000).toISOString(), workspace: "w", run: "r",
      ...(/^(step|tool)\./.test(type) && { step: 0, node: "a", attempt: 1 }), ...more,
    },
  }));
}

function spans(...told: Told[]): string[] {
  const row = new Spans().take(events(...told)).rows[0];
  return (row?.spans ?? []).map(({ doing, from, to }) => `${doing} ${from / 1000}-${to === null ? "" : to / 1000}`);
}

describe("what a step was at", () => {
  test("it is queued, waits for the first word, streams, and ends", () => {
    expect(spans([0, "step.ready"], [1, "step.started", { execution: 1 }], [3, "step.delta", { execution: 1 }],
      [4, "step.delta", { execution: 1 }], [5, "step.completed"])).toEqual(["queued 0-1", "first 1-3", "streaming 3-5"]);
  });

  test("where its words are told no more it worked", () => {
    expect(spans([0, "step.ready"], [1, "step.started", { execution: 1 }], [5, "step.completed"])).toEqual(["queued 0-1", "working 1-5"]);
  });

  test("several tools at once are one stretch, until the last has returned", () => {
    expect(spans([1, "step.started", { execution: 1 }], [2, "step.turn", { turn: 1 }], [2, "tool.called", { tool: "find" }], [2, "tool.called", { tool: "find" }],
      [3, "tool.returned"], [6, "tool.returned"], [7, "step.delta"])).toEqual(["working 1-2", "tool 2-6", "first 6-7", "streaming 7-"]);
  });

  test("a retry pauses until the next attempt, and what a lower attempt says changes nothing", () => {
    expect(spans([0, "step.ready"], [1, "step.started", { execution: 1 }], [2, "step.failed"], [2, "step.retry_scheduled", { delay_seconds: 5 }],
      [7, "step.ready", { attempt: 2 }], [8, "step.started", { attempt: 1, execution: 2 }])).toEqual(["queued 0-1", "working 1-2", "pause 2-7", "queued 7-"]);
  });

  test("an execution that follows a lost one is resumed", () => {
    const rows = new Spans().take(events([1, "step.started", { execution: 1 }], [4, "step.started", { execution: 2 }])).rows;
    expect(rows[0]?.spans.map(({ isResumed, to }) => [isResumed, to])).toEqual([[false, 4000], [true, null]]);
  });

  test("what a lost execution did after it was last heard of nobody knows", () => {
    expect(spans([1, "step.started", { execution: 1 }], [2, "step.delta", { execution: 1 }], [3, "step.delta", { execution: 1 }],
      [40, "step.started", { execution: 2 }], [41, "step.delta", { execution: 2 }], [42, "step.completed"])).toEqual([
      "first 1-2", "streaming 2-3", "lost 3-40", "first 40-41", "streaming 41-42"]);
    expect(spans([1, "step.started", { execution: 1 }], [40, "step.started", { execution: 2 }], [42, "step.completed"])).toEqual(["lost 1-40", "working 40-42"]);
  });

  test("a person is waited for until they decide, or time does", () => {
    expect(spans([0, "step.waiting"], [9, "step.decided"], [9, "step.completed"])).toEqual(["person 0-9"]);
    expect(spans([0, "step.waiting"], [5, "step.due", { purpose: "approval" }])).toEqual(["person 0-5"]);
  });

  test("the end of the run ends what was under way", () => {
    expect(spans([0, "step.ready"], [3, "run.cancelled"])).toEqual(["queued 0-3"]);
  });

  test("how attempts ended is marked, and what a fork keeps", () => {
    const rows = new Spans().take(events([0, "step.completed", { kept: true }], [1, "step.skipped", { step: 1, node: "b" }])).rows;
    expect(rows.map((row) => row?.marks.map(({ mark }) => mark))).toEqual([["kept"], ["skipped"]]);
  });

  test("facts taken one by one give what they give together", () => {
    const all = events([0, "step.ready"], [1, "step.started", { execution: 1 }], [2, "step.tool", { phase: "call", tool: "web_search" }],
      [3, "step.tool", { phase: "result" }], [4, "step.thinking"], [5, "step.released"], [6, "step.started", { execution: 2 }], [8, "step.cancelled"]);
    const one = new Spans();
    all.forEach((_, at) => one.take(all.slice(0, at + 1)));
    expect(one.rows).toEqual(new Spans().take(all).rows);
  });

  test("a run that is read again begins anew", () => {
    const spans = new Spans().take(events([0, "step.ready"], [1, "step.started"]));
    expect(spans.take(events([5, "step.ready"])).rows[0]?.spans).toHaveLength(1);
    expect(spans.from).toBe(5000);
  });
});

describe("idle gaps", () => {
  const BEGUN: Told[] = [[0, "step.ready"], [0, "step.started", { execution: 1 }]];
  const gaps = (to: number, ...told: Told[]) => new Spans().take(events(...told)).idleGaps(to * 1000).map(({ from, to }) => [from / 1000, to / 1000]);

  test("two hours for a person are folded, the work around them is not", () => {
    const asked: Told[] = [...BEGUN, [4, "step.completed"], [4, "step.waiting", { step: 1 }]];
    expect(gaps(7204, ...asked, [7200, "step.decided", { step: 1 }], [7200, "step.started", { step: 2, execution: 1 }])).toEqual([[4, 7200]]);
    expect(gaps(7200, ...asked)).toEqual([[4, 7200]]);
  });

  test("while another step works nothing is idle", () => {
    expect(gaps(7200, ...BEGUN, [1, "step.waiting", { step: 1 }])).toEqual([]);
    expect(gaps(7200, ...BEGUN, [1, "step.waiting", { step: 1 }], [7200, "step.decided", { step: 1 }])).toEqual([]);
  });

  test("a short wait is shown as long as it was", () => {
    expect(gaps(5, ...BEGUN, [0, "step.failed"], [0, "step.retry_scheduled", { delay_seconds: 5 }])).toEqual([]);
    expect(gaps(80, ...BEGUN, [60, "step.failed"], [60, "step.retry_scheduled", { delay_seconds: 20 }])).toEqual([]);
  });
});
