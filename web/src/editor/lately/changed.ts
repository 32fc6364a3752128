// Whether a node is still what it was when a run began.

import type { Data } from "../../api/json";
import { isSame, markOf } from "../draft/edits";
import type { DrawnNode } from "../flow/drawing";

/** What the api writes into the flow of a run besides: an agent that is named, definitions of tools. */
const LAID_IN: ReadonlySet<string> = new Set(["tools"]);

/**
 * The nodes that are there in both and are not the same. Where `then` is the flow as it ran, and not
 * as it was drawn, what an agent says more there may be its agent's or a default.
 */
export function changedSince(now: readonly DrawnNode[], then: readonly DrawnNode[], isAsDrawn: boolean): Set<string> {
  const before = new Map(then.map((node) => [node.id, node]));
  const changed = new Set<string>();
  for (const node of now) {
    const old = before.get(node.id);
    if (!old || old === node) continue;
    const isAlike = isAsDrawn ? marked(node.data) === marked(old.data) : isLaidOver(node, old.data);
    if (node.type !== old.type || !isAlike) changed.add(node.id);
  }
  return changed;
}

const MARKS = new WeakMap<Data, string>();

/** A key that is typed asks for the mark of one node anew, not of thousands. */
function marked(data: Data): string {
  const known = MARKS.get(data);
  if (known !== undefined) return known;
  const { label: _, ...rest } = data;
  const mark = markOf(rest);
  MARKS.set(data, mark);
  return mark;
}

function isLaidOver(node: DrawnNode, ran: Data): boolean {
  const names = Object.keys(node.type === "agent" ? node.data : { ...node.data, ...ran });
  return names.every((name) => name === "label" || LAID_IN.has(name) || isSame(node.data[name], ran[name]));
}
