import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { words } from "../../words";
import { KNOWN, meaningOf } from "./faults";

const ROOT = join(import.meta.dirname, "../../../..");

// What the engine writes into an error: a literal `code`, or a constant that stands in the same places.
const ENGINE = ["shared/run", "services/scheduler", "services/projector", "services/agent_worker"];
const WRITTEN = /(?:(?:Cause|AttemptFailed)\([^()]*?code=|\bfailure\(|\bFault\(|Unchecked\(|Kind\()"([a-z_]+)"/gs;
const CONSTANTS = /^(?:RUN_TOO_LARGE|ENDED_BY_PERSON|LOG_LOST|OUTPUT_INVALID|TOOL_LOST|UNKNOWN_PROVIDER) = "([a-z_]+)"/gm;

function codesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".py"))
    .flatMap((name) => {
      const source = readFileSync(join(ROOT, folder, name), "utf8");
      return [WRITTEN, CONSTANTS].flatMap((pattern) => [...source.matchAll(pattern)].map((found) => found[1]!));
    });
}

// The tables of docs/reference that say how a step fails.
function codesIn(page: string, from: string): string[] {
  const text = readFileSync(join(ROOT, "docs/reference", page), "utf8");
  const table = text.slice(text.indexOf(from)).split("\n\n").find((part) => part.startsWith("| code |")) ?? "";
  return [...table.matchAll(/^\| `([a-z_]+)`/gm)].map((found) => found[1]!);
}

const DOCUMENTED = [...codesIn("agents.md", "## How it fails"), ...codesIn("flows.md", "What can only be found out while it runs")];
const ALL = [...new Set([...DOCUMENTED, ...ENGINE.flatMap(codesOf), ...KNOWN])].sort();

describe("what a failure means", () => {
  it("finds the codes that the engine writes and the reference tells of", () => {
    expect(DOCUMENTED.length).toBeGreaterThan(40);
    expect(ALL).toEqual(expect.arrayContaining(["deadline_exceeded", "poison", "schema_failed", "ended_by_person", "no_output"]));
  });

  it.each(ALL)("%s has a meaning of its own", (code) => {
    expect(KNOWN).toContain(code);
    const { whose, remedy, todo } = meaningOf(code);
    expect(words.run.whose[whose]).toMatch(/\w.*\.$/);
    expect(todo).toMatch(/\w.*\.$/);
    expect(["retry", "keys", "limit", "change", "system"]).toContain(remedy);
  });

  it.each([
    ["overloaded", "provider", "retry"], ["authentication", "key", "keys"], ["budget_exceeded", "limit", "limit"],
    ["queue_timeout", "setup", "system"], ["missing_value", "flow", "change"], ["refusal", "model", "change"],
  ])("%s is the fault of the %s, and mended by %s", (code, whose, remedy) => {
    expect(meaningOf(code)).toMatchObject({ whose, remedy });
  });

  it("has no word for a code that nobody knows", () => {
    expect(Object.keys(words.run.todo).filter((code) => !KNOWN.includes(code))).toEqual([]);
  });

  it("takes an unknown code as a wish that cannot be met, also one that every object has", () => {
    for (const code of ["never_heard_of", "constructor", "__proto__"]) expect(meaningOf(code)).toMatchObject({ whose: "flow", remedy: "change" });
  });
});
