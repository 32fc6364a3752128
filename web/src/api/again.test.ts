import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

// `invalidateQueries` returns a promise, and a mutation waits for what its callbacks return: an answer
// would be shown once all lists were read again, and on a network that swallows them after minutes.
test("no part can wait for what it has read again", () => {
  const names = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name) && !name.endsWith(".test.ts"));
  const said = names.filter((name) => /\b(invalidate|refetch|reset)Queries\b/.test(readFileSync(`src/${name}`, "utf8")));
  expect(said).toEqual(["api/again.ts"]);
});
