import { describe, expect, it } from "vitest";
import { barsOf, csvOf, type Item, type Report } from "./spent";

const USAGE = {
  input_tokens: 10, output_tokens: 5, thinking_tokens: 0, cache_read_tokens: 100, cache_creation_5m_tokens: 3,
  cache_creation_1h_tokens: 4, web_search_requests: 0, web_fetch_requests: 0,
};
const item = (more: Partial<Item>): Item => ({ day: null, pipeline_id: null, pipeline_name: null, agent: null, model: null, usage: USAGE, cost_usd: "0.5", ...more });
const report = (items: Item[]): Report => ({ since: "2030-01-29T10:00:00Z", until: "2030-01-31T12:00:00Z", usage: USAGE, cost_usd: null, items, left_out: 0 });

describe("what was spent", () => {
  it("has a bar for every day, and unknown is not nothing", () => {
    const bars = barsOf(report([item({ day: "2030-01-31", cost_usd: null }), item({ day: "2030-01-29" })]), "day", "?");
    expect(bars.map(({ name, cost }) => [name, cost])).toEqual([["2030-01-29", 0.5], ["2030-01-30", 0], ["2030-01-31", null]]);
    expect(bars[0]!.tokens).toBe(122);
  });

  it("is a table whose texts are no formulas", () => {
    const csv = csvOf(report([item({ model: "=1+1", pipeline_name: 'a "b", c', cost_usd: null })]));
    expect(csv.split("\r\n")[1]).toBe(',,"a ""b"", c",,\'=1+1,10,5,100,7,unknown');
  });
});
