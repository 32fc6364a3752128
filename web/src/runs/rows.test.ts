import { describe, expect, it } from "vitest";
import { memberOf, membersOf, mergeFirst, type Page, type Run, rowsOf, tookOf } from "./rows";

const USAGE = {
  input_tokens: 0, output_tokens: 0, thinking_tokens: 0, cache_read_tokens: 0, cache_creation_5m_tokens: 0,
  cache_creation_1h_tokens: 0, web_search_requests: 0, web_fetch_requests: 0,
};

function run(second: number, more: Partial<Run> = {}): Run {
  return {
    created_at: new Date(second * 1000).toISOString(), started_at: null, cancel_requested_at: null, finished_at: null,
    run_id: `${second}`.padStart(4, "0"), status: "running", pipeline_id: null, pipeline_version: null, pipeline_name: null,
    flow: "f", error: null, usage: USAGE, cost_usd: null, metadata: {}, tags: [], requested_by: null, forked_from: null,
    input_preview: "", input_size_bytes: 0, waiting_for: null, ...more,
  };
}

const page = (seconds: number[], next_cursor: string | null): Page => ({ items: seconds.map((each) => run(each)), next_cursor });
const ids = (found: Page | Run[]) => (Array.isArray(found) ? found : found.items).map(({ run_id }) => Number(run_id));

describe("the first page, asked for again", () => {
  it("keeps what new runs moved beyond its end, so that the next page follows", () => {
    const merged = mergeFirst(page([5, 4, 3], "behind 3"), page([7, 6, 5], "behind 5"));
    expect(ids(merged)).toEqual([7, 6, 5, 4, 3]);
    expect(merged.next_cursor).toBe("behind 3");
  });

  it("leaves out what is no longer among what was asked for", () => {
    expect(ids(mergeFirst(page([5, 4, 3], "behind 3"), page([6, 5, 3], "behind 3")))).toEqual([6, 5, 3]);
  });

  it("is the fresh one where that is all there is", () => {
    expect(mergeFirst(page([5, 4], null), page([6, 4], null))).toEqual(page([6, 4], null));
  });
});

describe("rows", () => {
  it("are each there once", () => {
    expect(ids(rowsOf([page([5, 4], "a"), page([4, 3], null)]))).toEqual([5, 4, 3]);
  });

  it("took until they ended, or until now", () => {
    expect(tookOf(run(1), 9_000)).toBeNull();
    expect(tookOf(run(1, { started_at: new Date(2_000).toISOString() }), 9_000)).toBe(7_000);
  });

  it("show members of their metadata, also deep ones", () => {
    const metadata = { ticket: "A-17", deep: { size: 3 }, "a.b": true };
    expect(["ticket", "deep.size", "a.b", "none", "deep.none.x", "constructor"].map((path) => memberOf(metadata, path))).toEqual(["A-17", "3", "true", "", "", ""]);
    expect(membersOf([run(1, { metadata }), run(2, { metadata: { deep: 1 } })])).toEqual(["deep", "a.b", "ticket"]);
  });
});
