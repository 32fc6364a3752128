import { expect, test } from "vitest";
import { changed, parseSearch, stringifySearch } from "./address";

test.each(["?step=3&at=12", "?find=%22a%22&types=step.failed%2Cstep.ready", "?pin=4&pin=9&label=a+draft&label=", "?tags=prod&tags=7"])(
  "%s is read and written as it is", (text) => {
    expect(stringifySearch(parseSearch(text))).toBe(text);
  });

test("numbers, JSON and what is no text at all stay texts", () => {
  expect(parseSearch("?run=12&q=[1]&on=true&none")).toEqual({ run: "12", q: "[1]", on: "true", none: "" });
  expect(stringifySearch({ step: 3, left: undefined, gone: null })).toBe("?step=3");
  expect(stringifySearch({})).toBe("");
});

test("a change leaves what it does not name, and takes out what it empties", () => {
  const found = changed({ step: "3", find: "a", pin: ["4", "9"] }, { find: "", pin: [], at: "7", below: null });
  expect(found).toEqual({ step: "3", at: "7" });
});
