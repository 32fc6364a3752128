import { describe, expect, it } from "vitest";
import { type Found, matching } from "./finding";

const ITEMS: Found[] = [
  { id: "a", group: "acts", title: "Sign out" },
  { id: "b", group: "places", title: "Runs" },
  { id: "c", group: "places", title: "Keys and people", about: "provider keys, members" },
  { id: "d", group: "runs", title: "Old runs", about: "failed" },
];

describe("what is typed finds", () => {
  const found = (text: string) => matching(ITEMS, text).map(({ id }) => id);

  it("everything while nothing is typed", () => expect(found("  ")).toEqual(["a", "b", "c", "d"]));
  it("beginnings of titles first", () => expect(found("runs")).toEqual(["b", "d"]));
  it("all words, in titles and what is said of them", () => {
    expect(found("people members")).toEqual(["c"]);
    expect(found("people nothing")).toEqual([]);
  });
  it("letters in their order, from three on", () => {
    expect(found("kypl")).toEqual(["c"]);
    expect([found("ou"), found("sgo")]).toEqual([["a"], ["a"]]);
    expect(found("ogs")).toEqual([]);
  });
});
