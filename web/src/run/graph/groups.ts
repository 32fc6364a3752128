// The groups that people drew around the steps of a run.

import { dataOf, groupOf, nameOf, nodesOf } from "../../flow/drawn";
import { type Area, groupsAround } from "../../flow/groups";
import { WIDTH } from "../../flow/box";
import type { Laid } from "../../flow/layout";
import type { Drawing } from "./drawing";
import { HEIGHT } from "./toLay";

export interface Group {
  readonly label: string;
  readonly area: Area;
}

/** The outer ones first; none where nobody placed the steps. */
export function groupsOf({ steps, drawn }: Drawing, { places, isDrawn }: Laid): readonly Group[] {
  if (!isDrawn) return [];
  const nodes = nodesOf(drawn);
  const parents = new Map([...nodes].map(([id, node]) => [id, groupOf(node)]));
  const areas = new Map(steps.filter(({ place }) => place).map(({ step, node }) => [node, { ...places[step]!, width: WIDTH, height: HEIGHT }]));
  const found = [...groupsAround(areas, parents)].flatMap(([id, area]) => {
    const node = nodes.get(id);
    return node?.type === "group" ? { label: nameOf(id, dataOf(node)), area } : [];
  });
  return found.toSorted((a, b) => b.area.width - a.area.width);
}
