import { expect, test } from "vitest";
import { addressOf, filterOf, isAll, keepFilter, keptFilter, MOST_PINS, withPin } from "./address";
import { ALL } from "./filter";

const pins = [{ fact: 4, label: "a draft" }, { fact: 9, label: "" }];

test("changes are told since the moment that was pinned or chosen last", () => {
  expect(withPin(pins, 12).map(({ fact }) => fact)).toEqual([12, 4, 9]);
  expect(withPin(pins, 9)).toEqual([pins[1], pins[0]]);
});

test("there are only so many moments", () => {
  const many = Array.from({ length: MOST_PINS }, (_, n) => ({ fact: n + 1, label: "" }));
  expect(withPin(many, 99)).toHaveLength(MOST_PINS);
});

test("a filter is kept for other runs, but for its node, and what is none is not", () => {
  const kept = new Map<string, string>();
  const storage = { getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, text: string) => void kept.set(name, text) } as unknown as Storage;
  keepFilter({ ...ALL, node: "poet" }, storage);
  expect(keptFilter(storage)).toBeNull();
  keepFilter({ ...ALL, node: "poet", types: ["step.failed"], hidesDone: true }, storage);
  expect(keptFilter(storage)).toEqual({ ...ALL, types: ["step.failed"], hidesDone: true });
  storage.setItem("penstock facts", "7");
  expect(keptFilter(storage)).toEqual(ALL);
});

test("a filter stands in the address as it was", () => {
  const filter = { types: ["step.failed", "step.ready"], node: "poet", failedOnly: true, hidesDone: true, query: "/a/" };
  expect(filterOf(new URLSearchParams(addressOf(filter)))).toEqual(filter);
  expect(isAll(filterOf(new URLSearchParams()))).toBe(true);
});
