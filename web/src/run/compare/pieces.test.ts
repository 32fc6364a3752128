import { describe, expect, test } from "vitest";
import { wordsBetween } from "./pieces";

describe("two outputs by words", () => {
  test("what was put in and taken out stands between what stayed", () => {
    expect(wordsBetween("A slow river bends.", "A quick river bends.")).toEqual([
      { text: "A ", is: "same" }, { text: "slow", is: "removed" }, { text: "quick", is: "added" }, { text: " river bends.", is: "same" },
    ]);
  });

  test("the pieces of either side are that side, to the letter", () => {
    const [before, after] = ["Ein  Fluß 👍\n\tהנהר", "Ein Fluß 👍👍\n\tהנהר רחב"];
    const pieces = wordsBetween(before, after) ?? [];
    const side = (not: string) => pieces.filter(({ is }) => is !== not).map(({ text }) => text).join("");
    expect([side("added"), side("removed")]).toEqual([before, after]);
  });

  test("texts that are too long are not compared by words", () => {
    expect(wordsBetween("a".repeat(400_000), "b")).toBeNull();
  });
});
