import { expect, test } from "vitest";
import { type Turn, turns } from "./turns.js";

interface Named extends Turn {
  name: string;
}

function made(name: string, isOpen: boolean, isSeen: boolean, since: number): Named {
  return { name, isOpen, isSeen, since };
}

function names(given: readonly Named[]): string {
  return given.map(({ name }) => name).join("");
}

test("what there is room for is opened, and nothing is closed for it", () => {
  const { begin, end } = turns([made("a", true, true, 0), made("b", false, false, 0)], 4, 9_000);
  expect([names(begin), names(end)]).toEqual(["b", ""]);
});

test("what is seen takes the place of what is not, the longest there first, once that had its turn", () => {
  const all = [made("a", true, false, 5_000), made("b", true, false, 4_000), made("c", false, true, 8_900)];
  expect(names(turns(all, 2, 9_000).end)).toBe("b");
  expect(names(turns(all, 2, 5_200).end)).toBe("");
});

test("those that are seen take turns, the longest waiting first", () => {
  const all = [made("a", true, true, 1_000), made("b", true, true, 2_000), made("c", false, true, 1_500), made("d", false, true, 500)];
  const { begin, end } = turns(all, 2, 2_600);
  expect([names(begin), names(end)]).toEqual(["d", "a"]);
});

test("what nobody sees gets a turn at last", () => {
  const all = [made("a", true, true, 0), made("b", false, false, 0)];
  expect(names(turns(all, 1, 5_000).begin)).toBe("");
  expect(names(turns(all, 1, 9_000).begin)).toBe("b");
});

test("all of many have a turn within a few", () => {
  const all = Array.from({ length: 9 }, (_, n) => ({ ...made(String(n), n < 4, true, 0), turns: n < 4 ? 1 : 0 }));
  for (let now = 0; now <= 6_000; now += 500) {
    const { begin, end } = turns(all, 4, now);
    for (const each of end) Object.assign(each, { isOpen: false, since: now });
    for (const each of begin) Object.assign(each, { isOpen: true, since: now, turns: each.turns + 1 });
    expect(all.filter((each) => each.isOpen).length).toBe(4);
  }
  expect(all.every((each) => each.turns > 0)).toBe(true);
});

test("where fewer are allowed than are open, the others are closed", () => {
  const all = [made("a", true, true, 0), made("b", true, false, 0), made("c", true, true, 1)];
  const { begin, end } = turns(all, 2, 100);
  expect([names(begin), names(end)]).toEqual(["", "b"]);
});
