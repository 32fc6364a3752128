import { expect, test } from "vitest";
import { sourcesOf } from "./sourcesOf";

const cited = (url: string | null, title: string | null, text: string, offset = 0) => ({ offset, url, title, text });

test("a source stands once, with each thing that was taken from it", () => {
  const sources = sourcesOf([
    cited("https://a.b", "A", "one"), cited(null, "D", "words"), cited("https://a.b", "A", "two"), cited("https://a.b", "A", "one", 7),
    cited("https://a.b", "Another title", ""),
  ]);
  expect(sources).toEqual([
    { url: "https://a.b", title: "A", texts: ["one", "two"] }, { url: null, title: "D", texts: ["words"] },
    { url: "https://a.b", title: "Another title", texts: [] },
  ]);
});
