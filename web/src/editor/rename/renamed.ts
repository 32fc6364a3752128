// A node under another id: what else of a flow names it, and which ids a node may have.

import { type Data, isRecord, textOf } from "../../api/json";
import type { Drawing, DrawnNode } from "../flow/drawing";
import { expressionRenamed, type Merged, templateRenamed } from "./mentions";

const LONGEST_ID = 200;

/** What is wrong with an id: the api takes more, but what it takes cannot always be named in texts. */
export type WrongId = "empty" | "long" | "characters" | "ending";

export function wrongId(id: string): WrongId | null {
  if (!id) return "empty";
  if (id.length > LONGEST_ID) return "long";
  if (/[{}"\\\u0000-\u001f\u007f\ud800-\udfff]/u.test(id)) return "characters";
  return /\.(json|output)(\.|$)/.test(id) ? "ending" : null;
}

export interface Mention {
  node: string;
  name: string;
  value: unknown;
}

/** The members of nodes' data that name the node `from`, with `to` in its place. */
export function mentionsRenamed(drawing: Drawing, from: string, to: string): Mention[] {
  const within = new Within(drawing);
  return drawing.nodes.flatMap((node) => mentionIn(node, from, to, within.at(node.id)));
}

function mentionIn({ id, type, data }: DrawnNode, from: string, to: string, merged: Merged): Mention[] {
  if ((type === "template" || type === "merge") && typeof data.template === "string") {
    const value = templateRenamed(data.template, from, to, merged);
    return value === data.template ? [] : [{ node: id, name: "template", value }];
  }
  if (type !== "condition" || !Array.isArray(data.branches)) return [];
  let isChanged = false;
  const value = data.branches.map((branch: unknown) => {
    const before = isRecord(branch) ? textOf(branch.expression) : "";
    const expression = expressionRenamed(before, from, to, merged);
    if (expression === before) return branch;
    isChanged = true;
    return { ...(branch as Data), expression };
  });
  return isChanged ? [{ node: id, name: "branches", value }] : [];
}

const PASS_ON: ReadonlySet<string> = new Set(["input", "output", "condition", "approval"]);

/** Which nodes' outputs are members of the JSON that a node puts out, as shared/flow/typed_paths.py finds. */
class Within {
  readonly #nodes: ReadonlyMap<string, DrawnNode>;
  readonly #into = new Map<string, Set<string>>();
  readonly #known = new Map<string, ReadonlySet<string> | null>();

  constructor(drawing: Drawing) {
    this.#nodes = new Map(drawing.nodes.map((node) => [node.id, node]));
    for (const { source, target } of drawing.edges) {
      const sources = this.#into.get(target);
      if (sources) sources.add(source);
      else this.#into.set(target, new Set([source]));
    }
  }

  at(id: string): Merged {
    const within = this;
    return {
      get membersOfInput() { return within.#ofInput(id); },
      membersOf: (node) => within.#of(node),
      isStep: (node) => !["note", "group", undefined].includes(within.#nodes.get(node)?.type),
    };
  }

  #of(id: string): ReadonlySet<string> | null {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    this.#known.set(id, null); // what stands in a circle has none
    const node = this.#nodes.get(id);
    const isMerge = node?.type === "merge" && node.data.strategy === "json";
    const found = isMerge ? this.#into.get(id) ?? new Set<string>() : PASS_ON.has(node?.type ?? "") ? this.#ofInput(id) : null;
    this.#known.set(id, found);
    return found;
  }

  #ofInput(id: string): ReadonlySet<string> | null {
    const [first, ...more] = [...this.#into.get(id) ?? []].map((source) => this.#of(source));
    return first && more.every((each) => each === first) ? first : null;
  }
}

/** The flow with nodes under other ids: edges and groups follow. */
export function withIds(flow: Data, renamed: ReadonlyMap<string, string>): Data {
  if (renamed.size === 0) return flow;
  const put = (each: unknown, names: readonly string[]) => {
    if (!isRecord(each) || !names.some((name) => renamed.has(textOf(each[name])))) return each;
    return { ...each, ...Object.fromEntries(names.flatMap((name) => { const to = renamed.get(textOf(each[name])); return to === undefined ? [] : [[name, to]]; })) };
  };
  return {
    ...flow,
    ...(Array.isArray(flow.nodes) && { nodes: flow.nodes.map((node: unknown) => put(node, ["id", "parentId", "parentNode"])) }),
    ...(Array.isArray(flow.edges) && { edges: flow.edges.map((edge: unknown) => put(edge, ["source", "target"])) }),
  };
}
