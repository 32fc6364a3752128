// What stands in double braces: docs/reference/flows.md and shared/flow/template.py have the grammar.

import { type Data, isRecord, textOf } from "../../api/json";
import { words } from "../../words";
import { type Drawing, type DrawnNode, upstreamOf } from "./drawing";

/** Where a text is filled in: an agent's instructions know variables alone. */
export type Place = "instructions" | "template";

export interface Hole {
  from: number;
  to: number;
  name: string;
}

export interface Names {
  place: Place;
  variables: readonly string[];
  /** Steps whose output is known by then, and all others there are. */
  upstream: ReadonlySet<string>;
  nodes: ReadonlySet<string>;
}

const HOLE = /\{\{([^{}\n]{1,16384})\}\}/g;
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_-]*$/u;

export function holesIn(text: string, most = 100_000): Hole[] {
  const found: Hole[] = [];
  for (const match of text.matchAll(HOLE)) {
    found.push({ from: match.index, to: match.index + match[0].length, name: (match[1] ?? "").trim() });
    if (found.length >= most) break;
  }
  return found;
}

export type Verdict = "variable" | "input" | "node" | "text" | "input-as-variable" | "unknown-node" | "later-node" | "unknown";

/** What a placeholder means at its place; `text` stays as it is. */
export function judge(name: string, names: Names): Verdict {
  const bare = name.startsWith("variables.") ? name.slice(10) : null;
  if (bare !== null && NAME.test(bare)) return "variable";
  if (names.place === "instructions") {
    if (!NAME.test(name)) return "text";
    return name === "input" ? "input-as-variable" : "variable";
  }
  if (name === "input" || /^input\.json(\.[^.]+)*$/.test(name)) return "input";
  if (name.startsWith("nodes.")) return judgeNode(name.slice(6), names);
  return /^[\w.-]+$/.test(name) ? "unknown" : "text";
}

function judgeNode(rest: string, names: Names): Verdict {
  const ids = idsIn(rest);
  if (ids.some((id) => names.upstream.has(id))) return "node";
  if (ids.some((id) => names.nodes.has(id))) return "later-node";
  return ids.length > 0 ? "unknown-node" : "unknown";
}

/** Each way to read where the id ends: an id may have `.json` in it. */
function idsIn(rest: string): string[] {
  const found: string[] = [];
  for (const match of rest.matchAll(/\.(output$|json(?=\.|$))/g)) found.push(rest.slice(0, match.index));
  return found.filter(Boolean);
}

export function isWrong(verdict: Verdict): boolean {
  return verdict === "unknown" || verdict === "unknown-node" || verdict === "later-node" || verdict === "input-as-variable";
}

/** Of a node's data the text that is filled in, and how. */
export function filledTexts(type: string, data: Data): [Place, string][] {
  if (type === "agent") return [["instructions", textOf(data.instructions)]];
  if (type === "template" || (type === "merge" && data.strategy === "template")) return [["template", textOf(data.template)]];
  return [];
}

/** The variables that a run of this flow has to be given, in order. */
export function variablesOf(drawing: Drawing): string[] {
  const found = new Set<string>();
  for (const node of drawing.nodes) for (const name of variablesIn(node)) found.add(name);
  return [...found].sort();
}

/** Those of nodes that did not change are known: a key that is typed reads one text anew, not thousands. */
const VARIABLES = new WeakMap<DrawnNode, ReadonlySet<string>>();

function variablesIn(node: DrawnNode): ReadonlySet<string> {
  const before = VARIABLES.get(node);
  if (before) return before;
  const found = new Set<string>();
  for (const [place, text] of filledTexts(node.type, node.data)) {
    const nobody: Names = { place, variables: [], upstream: new Set(), nodes: new Set() };
    for (const hole of holesIn(text)) {
      const verdict = judge(hole.name, nobody);
      if (verdict === "variable" || verdict === "input-as-variable") found.add(hole.name.replace(/^variables\./, ""));
    }
  }
  VARIABLES.set(node, found);
  return found;
}

const NONE: ReadonlySet<string> = new Set();

/** What a text of this node may name; instructions know no nodes. */
export function namesFor(drawing: Drawing, id: string, place: Place): Names {
  if (place === "instructions") return { place, variables: variablesOf(drawing), upstream: NONE, nodes: NONE };
  const isStep = (type: string) => type !== "note" && type !== "group";
  const nodes = new Set(drawing.nodes.filter((node) => isStep(node.type)).map((node) => node.id));
  const upstream = new Set([...upstreamOf(drawing, id)].filter((each) => nodes.has(each)));
  return { place, variables: variablesOf(drawing), upstream, nodes };
}

export interface Offer {
  text: string;
  about: string;
}

/** What may stand between the braces here; paths into typed answers one level deep. */
export function offersFor(names: Names, drawing: Drawing): Offer[] {
  const variables = names.variables.map((name) => ({ text: names.place === "instructions" ? name : `variables.${name}`, about: words.editor.offers.variable }));
  if (names.place === "instructions") return variables;
  const offers: Offer[] = [{ text: "input", about: words.editor.offers.input }];
  for (const node of drawing.nodes) {
    if (!names.upstream.has(node.id)) continue;
    offers.push({ text: `nodes.${node.id}.output`, about: node.label });
    for (const path of pathsOf(node.data.output_schema)) offers.push({ text: `nodes.${node.id}.json.${path}`, about: node.label });
  }
  return [...offers, ...variables];
}

function pathsOf(schema: unknown): string[] {
  const properties = isRecord(schema) && isRecord(schema.properties) ? schema.properties : {};
  return Object.keys(properties).filter((name) => !name.includes("."));
}
