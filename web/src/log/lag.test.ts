import { expect, test } from "vitest";
import { Lag } from "./lag.js";

const NOON = Date.parse("2026-01-01T12:00:00Z");
const SECOND = 1_000;

function at(seconds: number): string {
  return new Date(NOON + seconds * SECOND).toISOString();
}

test("a clock that is wrong by an hour makes nothing late", () => {
  const lag = new Lag();
  lag.connected(3600 * SECOND);
  for (let n = 0; n < 60; n++) expect(lag.heard(at(n), NOON + (3600 + n) * SECOND)).toBe(0);
});

test("a beginning that comes in one go is not late, one that goes on coming is", () => {
  const lag = new Lag();
  lag.connected(0);
  expect(lag.heard(at(-600), NOON)).toBe(0);
  expect(lag.heard(at(-500), NOON + 900)).toBe(0);
  expect(lag.heard(at(-400), NOON + 1_500)).toBe(402);
  expect(lag.heard(at(-1), NOON + 2_000)).toBe(3);
  expect(lag.heard(at(1), NOON + 2_500)).toBe(0);
});

test("what comes slowly is late for as long as it comes", () => {
  const lag = new Lag();
  lag.connected(0);
  expect([0, 2, 4, 10].map((second) => lag.heard(at(second - 600), NOON + second * SECOND))).toEqual([0, 600, 600, 0]);
});

test("without the server's clock the least delay seen is none", () => {
  const lag = new Lag();
  lag.connected(undefined);
  expect(lag.heard(at(0), NOON + 5_000)).toBe(0);
  expect(lag.heard(at(1), NOON + 6_100)).toBe(0);
});

test("a time that is none is not late", () => {
  expect(new Lag().heard("soon", NOON)).toBe(0);
});
