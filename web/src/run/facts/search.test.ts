import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../log/index";
import { ALL, type Filter, queryOf } from "./filter";
import { FactSearch, type Matcher } from "./search";

function event(id: number, type: string, more: Record<string, unknown> = {}): RunEvent {
  return { id, data: { type, version: 1, at: "2030-01-01T00:00:00Z", workspace: "w", run: "r", ...more } };
}

const events = [
  event(1, "run.requested", { input: "A River" }),
  event(2, "step.ready", { step: 0, node: "poet" }),
  event(3, "step.failed", { step: 0, node: "poet", error: { code: "overloaded", message: "" } }),
  event(4, "tool.returned", { step: 1, node: "find", outcome: "error" }),
  event(5, "run.failed"),
];

const here: Matcher = {
  match: (source, flags, texts) => Promise.resolve(texts.map((text) => new RegExp(source, flags).test(text))),
  close: () => undefined,
};
const never: Matcher = { match: () => Promise.reject(new Error("slow")), close: () => undefined };

function searched(filter: Partial<Filter>, matcher = here): Promise<FactSearch> {
  return new Promise((resolve) => {
    const search = new FactSearch({ ...ALL, ...filter }, matcher, () => resolve(search));
    search.feed(events);
    if (search.standing === "found") resolve(search);
  });
}

async function found(filter: Partial<Filter>): Promise<number[]> {
  return (await searched(filter)).found.map((at) => events[at]!.id);
}

describe("finding facts", () => {
  test("by type, by node, and failures only", async () => {
    expect(await found({})).toEqual([1, 2, 3, 4, 5]);
    expect(await found({ types: ["step.ready", "run.failed"] })).toEqual([2, 5]);
    expect(await found({ node: "poet" })).toEqual([2, 3]);
    expect(await found({ failedOnly: true })).toEqual([3, 4, 5]);
  });

  test("by a text, whatever its case, and by a pattern", async () => {
    expect(await found({ query: "river" })).toEqual([1]);
    expect(await found({ query: "/over.oaded/" })).toEqual([3]);
    expect(await found({ query: "/a r/i" })).toEqual([1]);
  });

  test("what comes later is found as it comes", () => {
    const search = new FactSearch({ ...ALL, node: "poet" }, here, () => undefined);
    search.feed(events.slice(0, 2));
    expect(search.found).toEqual([1]);
    search.feed(events);
    expect(search.found).toEqual([1, 2]);
  });

  test("a run that is read again is looked through again", () => {
    const search = new FactSearch(ALL, here, () => undefined);
    search.feed(events);
    search.feed([event(9, "run.requested")]);
    expect(search.found).toEqual([0]);
  });

  test("a pattern that takes too long is said to", async () => {
    expect((await searched({ query: "/(a+)+$/" }, never)).standing).toBe("slow");
  });

  test("a bad pattern is said to be, and so is a long one", () => {
    expect(queryOf("/(/")).toMatchObject({ kind: "wrong" });
    expect(queryOf(`/${"a".repeat(201)}/`)).toEqual({ kind: "wrong", why: "expected a pattern of at most 200 characters, got 201" });
    expect(queryOf("a/b")).toEqual({ kind: "text", text: "a/b" });
    expect(queryOf("  ")).toEqual({ kind: "all" });
  });
});
