import { expect, test } from "vitest";
import { MOST_PINS, withPin } from "./address";

const pins = [{ fact: 4, label: "a draft" }, { fact: 9, label: "" }];

test("changes are told since the moment that was pinned or chosen last", () => {
  expect(withPin(pins, 12).map(({ fact }) => fact)).toEqual([12, 4, 9]);
  expect(withPin(pins, 9)).toEqual([pins[1], pins[0]]);
});

test("there are only so many moments", () => {
  const many = Array.from({ length: MOST_PINS }, (_, n) => ({ fact: n + 1, label: "" }));
  expect(withPin(many, 99)).toHaveLength(MOST_PINS);
});
