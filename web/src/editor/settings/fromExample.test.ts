import { describe, expect, it } from "vitest";
import { rowsOf, schemaOf, withRows } from "./fromExample";
import { settingsOf, unknownIn } from "./schema";

describe("a schema from an example", () => {
  it("requires what is there, and of items what all have", () => {
    expect(schemaOf({ a: 1, b: [{ c: "x" }, { c: "y", d: true }], e: null, f: 1.5 })).toEqual({
      type: "object", additionalProperties: false, required: ["a", "b", "e", "f"],
      properties: {
        a: { type: "integer" }, e: { type: "null" }, f: { type: "number" },
        b: { type: "array", items: { type: "object", additionalProperties: false, required: ["c"], properties: { c: { type: "string" }, d: { type: "boolean" } } } },
      },
    });
  });

  it("is edited as rows, and keeps what rows do not say", () => {
    const schema = { type: "object", $defs: { x: {} }, properties: { score: { type: "number", minimum: 0 } }, required: ["score"] };
    const rows = rowsOf(schema)!;
    expect(rows).toEqual([{ name: "score", type: "number", about: "", isRequired: true }]);
    expect(withRows(schema, [{ ...rows[0]!, name: "points" }], new Map([["points", "score"]]))).toEqual({
      type: "object", $defs: { x: {} }, properties: { points: { type: "number", minimum: 0 } }, required: ["points"],
    });
    expect(rowsOf({ oneOf: [] })).toBeNull();
  });
});

describe("the settings of an agent", () => {
  const document = { components: { schemas: {
    AgentBody: { properties: {
      name: { type: "string" }, instructions: { type: "string" }, max_turns: { anyOf: [{ type: "integer", minimum: 1, maximum: 9 }, { type: "null" }] },
      effort: { anyOf: [{ enum: ["low", "high"], type: "string" }, { type: "null" }] }, mood: { anyOf: [{ $ref: "#/components/schemas/Mood" }, { type: "null" }], description: "How it feels." },
      allowed_domains: { type: "array", items: { type: "string" } },
    } },
    Mood: { type: "object" },
  } } };

  it("are read from the description of the api, also those that nobody here knows", () => {
    expect(settingsOf(document).map(({ name, kind }) => [name, kind])).toEqual([
      ["instructions", "long"], ["max_turns", "whole"], ["effort", "choice"], ["mood", "json"], ["allowed_domains", "texts"],
    ]);
    const [, turns, effort, mood] = settingsOf(document);
    expect([turns?.least, turns?.most, effort?.choices, mood?.about]).toEqual([1, 9, ["low", "high"], "How it feels."]);
    expect(settingsOf({})).toEqual([]);
  });

  it("leave over what is no setting", () => {
    expect(unknownIn({ label: "x", effort: "low", odd: 1 }, settingsOf(document), ["label"])).toEqual(["odd"]);
  });
});
