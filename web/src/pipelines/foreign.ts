// What somebody pasted: a pipeline that was exported, a flow, or something else, and what is wrong
// with a flow of another tool, node by node.

import { isRecord, textOf } from "../api/json";
import { KINDS } from "../editor/flow/drawing";

export type Pasted =
  | { kind: "nothing" }
  | { kind: "export"; name: string; document: Record<string, unknown> }
  | { kind: "flow"; name: string; flow: Record<string, unknown> }
  | { kind: "wrong"; why: "json" | "shape" | "array" | "empty"; detail: string };

/** What the text is; a flow may stand in a member, as `flow`, `data`, `graph` or `definition`. */
export function pasted(text: string): Pasted {
  if (!text.trim()) return { kind: "nothing" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: "wrong", why: "json", detail: error instanceof Error ? error.message : "" };
  }
  if (Array.isArray(value)) return { kind: "wrong", why: "array", detail: "" };
  if (!isRecord(value)) return { kind: "wrong", why: "shape", detail: value === null ? "null" : typeof value };
  if (value.kind === "pipeline" && "format" in value) return { kind: "export", name: textOf(value.name), document: value };
  const flow = flowIn(value);
  if (!flow) return { kind: "wrong", why: "shape", detail: Object.keys(value).slice(0, 8).join(", ") };
  if (!Array.isArray(flow.nodes) || flow.nodes.length === 0) return { kind: "wrong", why: "empty", detail: "" };
  return { kind: "flow", name: textOf(value.name), flow };
}

function flowIn(value: Record<string, unknown>): Record<string, unknown> | null {
  if (Array.isArray(value.nodes)) return { ...value, edges: Array.isArray(value.edges) ? value.edges : [] };
  for (const name of ["flow", "data", "graph", "definition"]) {
    const inner = value[name];
    if (isRecord(inner) && Array.isArray(inner.nodes)) return { ...inner, edges: Array.isArray(inner.edges) ? inner.edges : [] };
  }
  return null;
}

/** Types that no step has here, with how many nodes are of each. */
export function foreignTypes(flow: Record<string, unknown>): Map<string, number> {
  const known: readonly string[] = KINDS;
  const found = new Map<string, number>();
  for (const node of Array.isArray(flow.nodes) ? flow.nodes : []) {
    const type = isRecord(node) ? textOf(node.type) || "default" : "";
    if (type && !known.includes(type)) found.set(type, (found.get(type) ?? 0) + 1);
  }
  return found;
}

/** What a type of another tool most likely is here. */
export function likely(type: string): string {
  const word = type.toLowerCase();
  if (/llm|agent|chat|model|prompt|gpt|claude/.test(word)) return "agent";
  if (/if|switch|router|branch|condition/.test(word)) return "condition";
  if (/human|approv|review/.test(word)) return "approval";
  if (/merge|join|aggregat/.test(word)) return "merge";
  if (/template|text|format/.test(word)) return "template";
  if (/start|input|trigger/.test(word)) return "input";
  if (/end|output|answer|result/.test(word)) return "output";
  if (/note|comment|sticky/.test(word)) return "note";
  return "";
}

/** The flow with nodes of these types as ours; what they said stays in their data. */
export function translated(flow: Record<string, unknown>, types: ReadonlyMap<string, string>): Record<string, unknown> {
  const nodes = (Array.isArray(flow.nodes) ? flow.nodes : []).map((node: unknown) => {
    const type = isRecord(node) ? types.get(textOf(node.type) || "default") : undefined;
    return isRecord(node) && type ? { ...node, type, data: ours(type, isRecord(node.data) ? node.data : {}) } : node;
  });
  return { ...flow, nodes };
}

/** Where other tools keep what ours calls `instructions` and `template`. */
function ours(type: string, data: Record<string, unknown>): Record<string, unknown> {
  const first = (names: readonly string[]) => names.map((name) => data[name]).find((each) => typeof each === "string" && each.trim());
  if (type === "agent" && !data.instructions) {
    const text = first(["system_prompt", "systemPrompt", "system", "prompt", "prompt_template", "text"]);
    return text ? { ...data, instructions: text } : data;
  }
  if (type === "template" && !data.template) {
    const text = first(["text", "value", "content", "prompt"]);
    return text ? { ...data, template: text } : data;
  }
  return data;
}
