import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RunEvent } from "../log/index";
import { gather } from "./live";

const event = (run: string): RunEvent => ({ id: 1, data: { type: "run.started", version: 1, at: "", workspace: "w", run } });

describe("what happens to runs", () => {
  const told: (string[] | null)[] = [];
  const links: boolean[] = [];
  let gathered: ReturnType<typeof gather>;
  beforeEach(() => {
    vi.useFakeTimers();
    told.length = links.length = 0;
    gathered = gather({ happened: (runs) => told.push(runs && [...runs]), became: (isLive) => links.push(isLive) });
  });
  afterEach(() => vi.useRealTimers());

  it("is told together, each run once", () => {
    gathered.heard([event("a"), event("b")]);
    gathered.heard([event("a")]);
    vi.runAllTimers();
    expect(told).toEqual([["a", "b"]]);
  });

  it("may be missed before the feed begins, and by a feed that says so", () => {
    gathered.became?.({ state: "connecting" });
    vi.runAllTimers();
    expect([told, links]).toEqual([[], []]);
    gathered.became?.({ state: "live", behind: 0 });
    gathered.became?.({ state: "live", behind: 0 });
    vi.runAllTimers();
    gathered.missed();
    gathered.heard([event("a")]);
    vi.runAllTimers();
    expect([told, links]).toEqual([[null, null], [true]]);
  });

  it("is not heard while the feed is lost", () => {
    gathered.became?.({ state: "lost", since: 0, why: "closed" });
    gathered.became?.({ state: "live", behind: 0 });
    expect(links).toEqual([false, true]);
  });
});
