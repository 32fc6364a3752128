import { describe, expect, test } from "vitest";
import { bodyOf, type Draft, edited, fieldsOf, keepDraft, keptDraft, namedIn, NOTHING_CHANGED, withVariable, wrongsOf } from "./draft";

const draft: Draft = { ...NOTHING_CHANGED, from: "poet" };

function storage(): Storage {
  const kept = new Map<string, string>();
  return {
    length: 0, clear: () => kept.clear(), key: () => null, removeItem: (name) => { kept.delete(name); },
    getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => { kept.set(name, value); },
  };
}

describe("what is changed before a fork", () => {
  test("only what is other than it was is asked for", () => {
    expect(bodyOf(draft)).toEqual({ from_steps: ["poet"] });
    const changed = withVariable(edited(draft, "poet", "instructions", "A limerick", "A haiku"), "tone", "dry", "warm");
    expect(bodyOf({ ...changed, until: "editor", input: "" })).toEqual({
      from_steps: ["poet"], until_steps: ["editor"], input: "", variables: { tone: "dry" },
      overrides: { poet: { instructions: "A limerick" } },
    });
  });

  test("another version of the pipeline is asked for by its hash, and a problem with it stands there", () => {
    expect(bodyOf({ ...draft, version: "latest" })).toEqual({ from_steps: ["poet"], version: "latest" });
    expect(wrongsOf([{ path: ".version", message: "expected a version" }], fieldsOf(draft)).at.get("version")).toBe("expected a version");
  });

  test("what is set back is not changed", () => {
    const changed = edited(draft, "poet", "instructions", "A limerick", "A haiku");
    expect(edited(changed, "poet", "instructions", "A haiku", "A haiku")).toEqual(draft);
    expect(withVariable(withVariable(draft, "tone", "dry", "warm"), "tone", "warm", "warm")).toEqual(draft);
  });

  test("a problem stands at its field", () => {
    const fields = ["from", "until", "input", "variables.tone", "edits.poet.instructions", "edits.poet.model"];
    const wrongs = wrongsOf([
      { path: ".overrides.poet.model", message: "expected a model" },
      { path: "nodes[1].data.instructions", message: "expected a text", nodes: ["poet"] },
      { message: "expected instructions, came neither", nodes: ["poet"] },
      { path: ".until_steps[0]", message: ".until_steps[0]: expected a step" },
      { path: ".other", message: "expected same" },
    ], fields);
    expect([...wrongs.at]).toEqual([
      ["edits.poet.model", "expected a model"], ["edits.poet.instructions", "expected a text; expected instructions, came neither"], ["until", "expected a step"],
    ]);
    expect(wrongs.others.map(({ path }) => path)).toEqual([".other"]);
  });

  test("a variable that a changed text names is asked for, and a problem can stand at it", () => {
    const changed = edited(draft, "poet", "instructions", "In {{variables.tone}}, of {{input}}", "A haiku");
    expect(namedIn(changed)).toEqual(["tone"]);
    expect(fieldsOf(withVariable(changed, "tone", "dry", ""))).toEqual([
      "from", "until", "input", "version", "variables.tone", "edits.poet.instructions", "edits.poet.template", "edits.poet.prompt", "edits.poet.model",
    ]);
  });

  test("a draft is kept until the fork is started", () => {
    const place = storage();
    keepDraft("r", { ...draft, input: "typed" }, place);
    expect(keptDraft("r", place)?.input).toBe("typed");
    expect(keptDraft("other", place)).toBeNull();
    keepDraft("r", null, place);
    expect(keptDraft("r", place)).toBeNull();
  });
});
