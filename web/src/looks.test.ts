// Each page's looks stay in the browser when another page is opened: a class means one thing.

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** The classes that a sheet gives a look to, or to what stands in them, wherever they stand. */
function classesIn(sheet: string): string[] {
  const selectors = [...sheet.replaceAll(/\/\*[\s\S]*?\*\//g, "").matchAll(/([^{}]+)\{/g)].flatMap(([, each]) => each!.split(","));
  return selectors.flatMap((selector) => /^\.[\w-]+(?=$|[\s[>]|:(?!has))/.exec(selector.trim()) ?? []);
}

test("no class is given a look by two rooms", () => {
  const rooms = new Map<string, Set<string>>();
  for (const name of readdirSync("src", { recursive: true, encoding: "utf8" }).filter((each) => each.endsWith(".css"))) {
    for (const each of classesIn(readFileSync(`src/${name}`, "utf8"))) rooms.set(each, (rooms.get(each) ?? new Set()).add(name.split("/")[0]!));
  }
  expect([...rooms].filter(([, where]) => where.size > 1).map(([name, where]) => `${name} in ${[...where].join(", ")}`)).toEqual([]);
});
