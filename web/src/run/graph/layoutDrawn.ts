// What people drew that no run needs: where nodes stand, and the groups around them.

import { type Data, isRecord } from "../../api/json";
import { groupOf, nameOf, type Place, placeIn } from "../../flow/drawn";
import { type Area, groupsAround } from "../../flow/groups";
import { WIDTH } from "../../flow/box";
import type { Laid } from "../../flow/layout";
import type { StepNode } from "./drawing";
import { HEIGHT } from "./toLay";

export interface LayoutDrawn {
  /** Where each node was drawn, by its id; none for those that nobody placed. */
  readonly places: ReadonlyMap<string, Place>;
  /** What each group is called. */
  readonly groups: ReadonlyMap<string, string>;
  /** Which group each node is in, and each group. */
  readonly parents: ReadonlyMap<string, string | null>;
}

export const NO_LAYOUT: LayoutDrawn = { places: new Map(), groups: new Map(), parents: new Map() };

export function layoutDrawn(nodes: ReadonlyMap<string, Data>): LayoutDrawn {
  const places = new Map<string, Place>(), groups = new Map<string, string>(), parents = new Map<string, string | null>();
  for (const [id, node] of nodes) {
    const place = placeIn(nodes, id);
    if (place) places.set(id, place);
    if (node.type === "group") groups.set(id, nameOf(id, isRecord(node.data) ? node.data : {}));
    parents.set(id, groupOf(node));
  }
  return { places, groups, parents };
}

export interface Group {
  readonly label: string;
  readonly area: Area;
}

/** The groups around the steps, the outer ones first; none where nobody placed the steps. */
export function groupsOf(steps: readonly StepNode[], { groups, parents }: LayoutDrawn, { places, isDrawn }: Laid): readonly Group[] {
  if (!isDrawn || groups.size === 0) return [];
  const areas = new Map(steps.filter(({ place }) => place).map(({ step, node }) => [node, { ...places[step]!, width: WIDTH, height: HEIGHT }]));
  const found = [...groupsAround(areas, parents)].flatMap(([id, area]) => (groups.has(id) ? { label: groups.get(id)!, area } : []));
  return found.toSorted((a, b) => b.area.width - a.area.width);
}
