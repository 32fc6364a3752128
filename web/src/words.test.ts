// What no part of the console says is to be taken out of words.ts.

import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";
import { words } from "./words";

type Path = readonly string[];

/** The entries under a path: what is looked up by a name, or handed on whole, counts as said with all that is in it. */
function leaves(value: unknown, path: Path): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [path.join(".")];
  return Object.entries(value).flatMap(([name, each]) => leaves(each, [...path, name]));
}

function at(path: Path): unknown {
  return path.reduce<unknown>((value, name) => (typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined), words);
}

/** What a file says: `words`, and each name for a part of it, is followed member by member to where it is used. */
function saidIn(file: ts.SourceFile): string[] {
  const names = new Map<string, Path>();
  const said: string[] = [];

  function pathOf(node: ts.Node): Path | undefined {
    if (ts.isIdentifier(node)) return names.get(node.text);
    if (!ts.isPropertyAccessExpression(node)) return undefined;
    const path = pathOf(node.expression);
    return path && [...path, node.name.text];
  }
  function visit(node: ts.Node): void {
    if (ts.isImportSpecifier(node) && node.name.text === "words") return void names.set("words", []);
    const isNamed = ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && !node.type && node.initializer;
    const named = isNamed ? pathOf(isNamed) : undefined;
    if (named && at(named) !== undefined) return void names.set((node as ts.VariableDeclaration).name.getText(file), named);
    const path = pathOf(node);
    if (!path && ts.isPropertyAccessExpression(node)) return visit(node.expression);
    if (!path?.length) return ts.forEachChild(node, visit);
    // `a.b.length` is of a text, which is said.
    const known = path.findIndex((_, end) => at(path.slice(0, end + 1)) === undefined);
    const whole = known < 0 ? path : path.slice(0, known);
    if (whole.length > 0) said.push(...leaves(at(whole), whole));
  }
  visit(file);
  return said;
}

test("each word is said by some part of the console", () => {
  const names = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name) && !/\.(test|d)\.tsx?$/.test(name));
  const files = names.map((name) => [name, readFileSync(`src/${name}`, "utf8")] as const).filter(([, text]) => text.includes('/words"'));
  const said = new Set(files.flatMap(([name, text]) => saidIn(ts.createSourceFile(name, text, ts.ScriptTarget.Latest))));
  expect(leaves(words, []).filter((entry) => !said.has(entry))).toEqual([]);
}, 60_000);
