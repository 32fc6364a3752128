// What a person changes of a node, and what follows from it: edges go with their branch, and texts that
// name a node with its id.

import { idField, idsIn, nodeField, waysField } from "../draft/edits";
import type { DraftState } from "../draft/useDraft";
import { type Drawing, type DrawnNode, renamedBranch, waysLeft } from "../flow/drawing";
import { mentionsRenamed } from "./renamed";

export interface Changes {
  /** The id under which a node that is shown is saved. */
  savedIdOf: (id: string) => string;
  change: (node: DrawnNode, name: string, value: unknown) => void;
  rename: (node: DrawnNode, to: string) => void;
  /** How many of its edges go with branches that were taken away. */
  goneEdges: (node: DrawnNode) => number;
  keepBranches: (node: DrawnNode) => void;
}

export function changesOf(draft: DraftState, drawing: Drawing): Changes {
  const savedIds = new Map([...idsIn(draft.edits)].map(([saved, id]) => [id, saved]));
  const savedIdOf = (id: string) => savedIds.get(id) ?? id;
  const waysAt = (id: string) => waysField(savedIdOf(id));
  return {
    savedIdOf,
    change: (node, name, value) => {
      draft.set(nodeField(savedIdOf(node.id), name), value);
      const ways = draft.fields[waysAt(node.id)];
      if (name !== "branches" || !Array.isArray(ways)) return;
      const renamed = renamedBranch(node.data.branches, value);
      draft.set(waysAt(node.id), renamed
        ? ways.map((way: unknown) => (way === renamed.from ? renamed.to : way))
        : waysLeft(ways, node.data.branches, value));
    },
    rename: (node, to) => {
      draft.set(idField(savedIdOf(node.id)), to);
      for (const each of mentionsRenamed(drawing, node.id, to)) draft.set(nodeField(savedIdOf(each.node), each.name), each.value);
    },
    goneEdges: (node) => {
      const ways = draft.edits[waysAt(node.id)]?.mine;
      return Array.isArray(ways) ? ways.filter((way) => way === null).length : 0;
    },
    keepBranches: (node) => {
      draft.undo(nodeField(savedIdOf(node.id), "branches"));
      draft.undo(waysAt(node.id));
    },
  };
}
