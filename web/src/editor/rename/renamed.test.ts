import { describe, expect, it } from "vitest";
import { readDrawing } from "../flow/drawing";
import { mentionsRenamed, withIds, wrongId } from "./renamed";

const nodes = [
  { id: "a", type: "agent", data: { instructions: "Say {{nodes.a.output}}." } }, { id: "ab", type: "agent", data: {} }, { id: "a.json", type: "agent", data: {} },
  { id: "both", type: "merge", data: { strategy: "json" } }, { id: "ask", type: "approval", data: {} }, { id: "note", type: "note", data: {} },
];
const edges = [{ source: "a", target: "both" }, { source: "ab", target: "both" }, { source: "both", target: "ask" }, { source: "ask", target: "it" }];

function template(text: string, from: string, to: string): unknown {
  const flow = readDrawing({ nodes: [...nodes, { id: "it", type: "template", data: { template: text } }], edges });
  return mentionsRenamed(flow, from, to)[0]?.value ?? text;
}

function expression(text: string, from: string, to: string): unknown {
  const flow = readDrawing({ nodes: [...nodes, { id: "it", type: "condition", data: { branches: [{ handle: "yes", expression: text }] } }], edges });
  const [found] = mentionsRenamed(flow, from, to);
  return found ? (found.value as { expression: string }[])[0]?.expression : text;
}

describe("a template of which a node is renamed", () => {
  it.each([
    ["its output", "{{nodes.a.output}}", "a", "poet", "{{nodes.poet.output}}"],
    ["blanks within the braces", "{{ nodes.a.output\n}}", "a", "poet", "{{ nodes.poet.output\n}}"],
    ["more than once, and within braces", "{{{nodes.a.output}}} {{nodes.a.json.x}}", "a", "b b", "{{{nodes.b b.output}}} {{nodes.b b.json.x}}"],
    ["an id that begins like it", "{{nodes.ab.output}} {{nodes.a.output}}", "a", "z", "{{nodes.ab.output}} {{nodes.z.output}}"],
    ["an id that it begins", "{{nodes.ab.output}} {{nodes.a.output}}", "ab", "z", "{{nodes.z.output}} {{nodes.a.output}}"],
    ["an id that ends like a path", "{{nodes.a.json.output}} {{nodes.a.json.json.x}}", "a.json", "z", "{{nodes.z.output}} {{nodes.a.json.json.x}}"],
    ["a path like another id", "{{nodes.a.json.output}} {{nodes.a.json.x}}", "a", "z", "{{nodes.a.json.output}} {{nodes.z.json.x}}"],
    ["a member of that name", "{{nodes.ab.json.a}} {{input}} {{variables.a}} {{a}}", "a", "z", "{{nodes.ab.json.a}} {{input}} {{variables.a}} {{a}}"],
    ["a member of what was merged", "{{nodes.both.json.a.x}} {{nodes.both.json.ab.a}}", "a", "z", "{{nodes.both.json.z.x}} {{nodes.both.json.ab.a}}"],
    ["a member of what comes in", "{{input.json.a.score }} {{input.json}}", "a", "z", "{{input.json.z.score }} {{input.json}}"],
    ["the merge itself", "{{nodes.both.json.a.both}}", "both", "all", "{{nodes.all.json.a.both}}"],
    ["what is no placeholder", "nodes.a.output {nodes.a.output} {{nodes.a}} {{nodes.a.output", "a", "z", "nodes.a.output {nodes.a.output} {{nodes.a}} {{nodes.a.output"],
  ])("%s", (_, text, from, to, expected) => expect(template(text, from, to)).toBe(expected));
});

describe("an expression of which a node is renamed", () => {
  it.each([
    ["a member", "nodes.a.output == 'a' && nodes.ab.json.a > 1", "a", "z", "nodes.z.output == 'a' && nodes.ab.json.a > 1"],
    ["one in quotes", `nodes["a"].json.x || nodes['ab'].output == ""`, "a", "a b", `nodes["a b"].json.x || nodes['ab'].output == ""`],
    ["a new name that is none of the language's", "nodes.a.output != ''", "a", "x-1", `nodes["x-1"].output != ''`],
    ["a new name that is a word of the language", "nodes.a.output != ''", "a", "in", `nodes["in"].output != ''`],
    ["a text, a comment and a field of its name", "'nodes.a.output' == x.nodes.a.output // nodes.a.output", "a", "z", "'nodes.a.output' == x.nodes.a.output // nodes.a.output"],
    ["a variable of a macro", "json.l.all(nodes, nodes.a.output > 1)", "a", "z", "json.l.all(nodes, nodes.a.output > 1)"],
    ["a member of what was merged", `nodes.both.json.a.x > nodes.both.json["ab"].a`, "a", "z", `nodes.both.json.z.x > nodes.both.json["ab"].a`],
    ["a member of what comes in", "json.a.score > 1 && json.ab.a == 2", "a", "z", "json.z.score > 1 && json.ab.a == 2"],
  ])("%s", (_, text, from, to, expected) => expect(expression(text, from, to)).toBe(expected));
});

describe("a node that is renamed", () => {
  it("takes its edges and what is grouped in it along, and nothing else", () => {
    const flow = { nodes: [{ id: "a", x: 1 }, { id: "ab", parentId: "a" }], edges: [{ id: "a", source: "a", target: "ab" }, { source: "ab", target: "a" }], more: "a" };
    expect(withIds(flow, new Map([["a", "ab"], ["ab", "a"]]))).toEqual({
      nodes: [{ id: "ab", x: 1 }, { id: "a", parentId: "ab" }], edges: [{ id: "a", source: "ab", target: "a" }, { source: "a", target: "ab" }], more: "a",
    });
  });

  it("leaves instructions, which know no nodes", () => {
    expect(mentionsRenamed(readDrawing({ nodes, edges }), "a", "z")).toEqual([]);
  });

  it.each([["", "empty"], ["x".repeat(201), "long"], ["a}b", "characters"], ['a"b', "characters"], ["a\nb", "characters"], ["a.json", "ending"], ["a.output.b", "ending"], ["good? 1.5", null], ["a.jsonl", null]])(
    "%s is %s", (id, wrong) => expect(wrongId(id)).toBe(wrong));
});
