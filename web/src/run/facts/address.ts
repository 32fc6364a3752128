// What stands in the address of a run's page, so that what is seen can be sent.

import { useAddress } from "../../shell/address";
import { ALL, type Filter } from "./filter";

export const LONGEST_LABEL = 60;
export const MOST_PINS = 20;

/** A moment that was pinned: the number of its fact, and what a person calls it. */
export interface Pin {
  readonly fact: number;
  readonly label: string;
}

/** The pinned moments. Changes are told since the first of them; the n-th `label` is that of the n-th `pin`. */
export function usePins(): [pins: readonly Pin[], set: (pins: readonly Pin[]) => void] {
  const [address, change] = useAddress();
  const labels = address.getAll("label");
  const pins = address.getAll("pin").map((each, at) => ({ fact: Number(each), label: (labels[at] ?? "").slice(0, LONGEST_LABEL) }));
  const set = (next: readonly Pin[]) => change({
    pin: next.map(({ fact }) => String(fact)), label: next.some((each) => each.label) ? next.map((each) => each.label) : null,
  });
  return [pins.filter(({ fact }) => Number.isSafeInteger(fact) && fact >= 1).slice(0, MOST_PINS), set];
}

/** `pins` with the moment of this fact as the first of them. */
export function withPin(pins: readonly Pin[], fact: number): readonly Pin[] {
  const known = pins.find((each) => each.fact === fact);
  return [known ?? { fact, label: "" }, ...pins.filter((each) => each !== known)].slice(0, MOST_PINS);
}

/** The filters of the facts, as they stand in the address. */
export function filterOf(address: URLSearchParams): Filter {
  return {
    types: address.get("types")?.split(",").filter(Boolean) ?? [],
    node: address.get("node") || null,
    failedOnly: address.get("failed") === "1",
    hidesDone: address.get("hide") === "done",
    query: address.get("find") ?? "",
  };
}

export function addressOf({ types, node, failedOnly, hidesDone, query }: Filter): Record<string, string> {
  return { types: types.join(","), node: node ?? "", failed: failedOnly ? "1" : "", hide: hidesDone ? "done" : "", find: query };
}

const KEPT = "penstock facts";

/** Keeps a filter for other runs, whose nodes are others. */
export function keepFilter({ node: _, ...filter }: Filter, storage: Storage = localStorage): void {
  if (isAll({ ...filter, node: null })) return;
  storage.setItem(KEPT, JSON.stringify(filter));
}

/** The filter that was used last; null where none was. */
export function keptFilter(storage: Storage = localStorage): Filter | null {
  try {
    const found = JSON.parse(storage.getItem(KEPT) ?? "null") as Partial<Filter> | null;
    return found && filterOf(new URLSearchParams(addressOf({ ...ALL, ...found, types: (found.types ?? []).map(String), query: String(found.query ?? "") })));
  } catch {
    return null;
  }
}

export function isAll(filter: Filter): boolean {
  return Object.values(addressOf(filter)).every((text) => text === "");
}
