// Where the nodes of a drawing stand: steps as they are laid out, groups around what was drawn in them.

import { useMemo, useRef } from "react";
import { useArranged } from "../../flow/Arrange";
import { type Area, groupsAround } from "../../flow/groups";
import { WIDTH } from "../../flow/box";
import type { Laid, ToLay } from "../../flow/layout";
import { useLayout } from "../../flow/useLayout";
import { type Drawing, type DrawnNode, handlesOf, isGround } from "./drawing";

export type Places = ReadonlyMap<string, Area>;

export interface Placed {
  /** Of groups around steps only where people drew them. */
  readonly places: Places;
  readonly flow: ToLay;
  readonly laid: Laid;
}

const HEIGHT = 64;
export const ROW = 22;
/** Null while it is being found out. */
export function usePlaces(drawing: Drawing): Placed | null {
  const flow = useToLay(drawing, useArranged());
  const laid = useLayout(flow);
  // They stay the same while somebody types into a node.
  const names = useMemo(() => drawing.nodes.map(({ id, type, group }) => `${id}\t${type}\t${group}`).join("\n"), [drawing]);
  return useMemo(() => laid && { places: placesOf(drawing, laid), flow, laid }, [laid, flow, names]);
}

// The same while nothing changes that is laid out.
function useToLay(drawing: Drawing, isArranged: boolean): ToLay {
  const before = useRef<{ drawing: Drawing; flow: ToLay } | null>(null);
  return useMemo(() => {
    const known = before.current;
    const flow = known?.flow.isArranged === isArranged && isAlike(known.drawing, drawing) ? known.flow : toLay(drawing, isArranged);
    before.current = { drawing, flow };
    return flow;
  }, [drawing, isArranged]);
}

function isAlike(a: Drawing, b: Drawing): boolean {
  return a.edges === b.edges && a.nodes.length === b.nodes.length && b.nodes.every((node, n) => {
    const old = a.nodes[n]!;
    return node === old || node.place === old.place && node.type === old.type && node.group === old.group && heightOf(node) === heightOf(old);
  });
}

export function toLay(drawing: Drawing, isArranged = false): ToLay {
  const nodes = standing(drawing);
  const numbers = new Map(nodes.map(({ id }, n) => [id, n]));
  const lines = drawing.edges.flatMap(({ source, target }) => {
    const from = numbers.get(source), to = numbers.get(target);
    return from === undefined || to === undefined ? [] : { from, to };
  });
  return { boxes: nodes.map((node) => ({ height: heightOf(node), place: node.place, isLoose: isGround(node) })), lines, aspect: null, isArranged };
}

function heightOf(node: DrawnNode): number {
  return HEIGHT + ROW * (node.type === "note" ? 1 : handlesOf(node).length);
}

// All nodes but groups that have steps: these are where their steps are.
function standing({ nodes }: Drawing): DrawnNode[] {
  const parents = new Map(nodes.map(({ id, group }) => [id, group]));
  const around = new Set<string>();
  for (const { type, group } of nodes) {
    for (let each = type === "group" ? null : group; each && !around.has(each); each = parents.get(each) ?? null) around.add(each);
  }
  return nodes.filter(({ id, type }) => type !== "group" || !around.has(id));
}

export function placesOf(drawing: Drawing, { places, isDrawn }: Laid): Places {
  const { nodes } = drawing;
  const found = new Map(standing(drawing).map((node, n) => [node.id, { x: places[n]!.x, y: places[n]!.y, width: WIDTH, height: heightOf(node) }]));
  if (!isDrawn) return found;
  const parents = new Map(nodes.map(({ id, group }) => [id, group]));
  const steps = new Map(nodes.filter(({ type, place }) => type !== "group" && place).map(({ id }) => [id, found.get(id)!]));
  for (const [id, area] of groupsAround(steps, parents)) if (!found.has(id)) found.set(id, area);
  return found;
}
