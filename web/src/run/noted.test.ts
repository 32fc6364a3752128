import { describe, expect, test } from "vitest";
import { type Fact, type RunEvent, SIGNED_OUT, type StepView } from "../log/index";
import { flowing, level } from "./graph/flowing";
import { lineWords } from "./RunBar";
import { signsOfLife } from "./life";
import { Notes } from "./noted";
import { sentencesOf } from "./story/sentences";

let id = 0;
function event(type: string, more: Record<string, unknown> = {}): RunEvent {
  const data: Fact = { type, version: 1, at: "2026-11-29T12:00:00Z", workspace: "default", run: "r", ...more };
  return { id: ++id, data };
}
const of = (status: StepView["status"], more: Partial<StepView> = {}) => ({ status, decided: null, words: { text: "", points: 0 }, thoughts: { text: "", points: 0 }, progress: null, tool: null, ...more }) as StepView;
const open = { branches: null, doneAt: Infinity };

describe("notes", () => {
  test("grow with the events, and begin anew with others", () => {
    const events = [event("step.completed", { step: 0, branches: ["yes"] })], notes = new Notes();
    expect(notes.of(events, 0)).toMatchObject({ branches: ["yes"], doneAt: 1 });
    events.push(event("step.retry_scheduled", { step: 1, delay_seconds: 5 }));
    expect(notes.of(events, 1).retryDue).toBe(Date.parse("2026-11-29T12:00:05Z"));
    expect(notes.of([event("run.started")], 0).branches).toBeNull();
  });
});

describe("a channel", () => {
  test.each([
    [undefined, undefined, null, open, "dry"],
    [of("running"), undefined, null, open, "dry"],
    [of("completed"), of("running"), null, open, "filling"],
    [of("completed"), of("completed"), null, open, "full"],
    [of("completed"), of("waiting"), null, open, "gate"],
    [of("completed"), of("skipped"), null, open, "not-taken"],
    [of("skipped"), of("completed"), null, open, "not-taken"],
    [of("completed"), of("completed"), "no", { branches: ["yes"], doneAt: 3 }, "not-taken"],
    [of("completed"), of("completed"), "yes", { branches: ["yes"], doneAt: 3 }, "full"],
  ] as const)("from %j to %j by %j", (from, to, branch, notes, is) => {
    expect(flowing(from, to, branch, notes, 9)).toBe(is);
  });

  test("a step's bar is full only when it completed", () => {
    expect(level(of("completed"))).toBe(1);
    expect(level(of("running", { words: { text: "", points: 1e9 } }))).toBeLessThan(1);
    expect(level(of("failed"))).toBe(0);
  });
});

test("a silent model shows signs of life", () => {
  const progress = event("step.progress", { phase: "thinking", tokens: 1200, seconds: 48 }).data;
  expect(signsOfLife(of("running", { progress }), 1_000)).toBe("thinking, ~1,200 tokens, 48 s");
  expect(signsOfLife(of("running", { progress }), 3_000)).toBe("thinking, ~1,200 tokens, 50 s");
  expect(signsOfLife(of("running", { progress }), 70_000)).toBe("silent for over a minute");
  expect(signsOfLife(of("completed", { progress }), 1_000)).toBeNull();
});

test("what happened is told in sentences, of the newest so many", () => {
  const events = [
    event("run.requested", { requested_by: "Ada" }), event("run.started"),
    event("step.failed", { step: 0, error: { code: "overloaded", message: "Overloaded" } }),
    event("step.retry_scheduled", { step: 0, delay_seconds: 5 }), event("step.delta", { step: 0, text: "x" }),
    event("step.decided", { step: 1, decision: "approve", decided_by: "Ben", comment: "Lovely" }),
  ];
  const { sentences, more } = sentencesOf(events, events.length, (step) => `S${step}`, 4);
  expect(more).toBe(1);
  expect(sentences.map(({ text }) => text)).toEqual([
    "The run started.", "S0 failed: Overloaded", "S0 is tried again in 5.0 s.", "S1 was approved by Ben. “Lovely”",
  ]);
  expect(sentencesOf(events, 1, String, 9).sentences.map(({ text }) => text)).toEqual(["The run was requested by Ada."]);
});

test("the line says how it stands", () => {
  expect(lineWords({ state: "lost", since: 0, why: "" }, 12_000).text).toBe("Connection lost, trying again for 12 s");
  expect(lineWords({ state: "lost", since: 0, why: SIGNED_OUT }, 12_000).text).toBe("Signed out");
  expect(lineWords({ state: "gone", status: 404 }, 0).look).toBe("gone");
  const late = { state: "live", behind: 12 } as const;
  expect(lineWords(late, 0).text).toBe("Behind by 12 s, catching up");
});
