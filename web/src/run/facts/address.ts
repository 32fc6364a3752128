// What stands in the address of a run's page, so that what is seen can be sent.

import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { ALL, type Filter } from "./filter";

export const LONGEST_LABEL = 60;
export const MOST_PINS = 20;

/** A text in the address, "" where it does not stand there. */
export function useSearchText(name: string): [text: string, set: (text: string) => void] {
  const [values, set] = useSearchTexts();
  return [values[name] ?? "", (text) => set({ [name]: text })];
}

/** All texts in the address; what is set to "" leaves it. */
export function useSearchTexts(): [values: Readonly<Record<string, string>>, set: (values: Record<string, string>) => void] {
  const found: Record<string, unknown> = useSearch({ strict: false });
  const setSearch = useSetSearch();
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(found)) if (value !== undefined && value !== null) values[name] = String(value);
  const set = useCallback((changes: Record<string, string>) => {
    setSearch(Object.fromEntries(Object.entries(changes).map(([name, text]) => [name, text === "" ? undefined : text])));
  }, [setSearch]);
  return [values, set];
}

/** Changes what stands in the address in place; `undefined` leaves it. */
export function useSetSearch(): (changes: Readonly<Record<string, unknown>>) => void {
  const navigate = useNavigate();
  return useCallback((changes) => {
    void navigate({ to: ".", search: (old) => ({ ...old, ...changes }), replace: true, resetScroll: false });
  }, [navigate]);
}

/** A moment that was pinned: the number of its fact, and what a person calls it. */
export interface Pin {
  readonly fact: number;
  readonly label: string;
}

/** The pinned moments. Changes are told since the first of them; the n-th `label` is that of the n-th `pin`. */
export function usePins(): [pins: readonly Pin[], set: (pins: readonly Pin[]) => void] {
  const { pin, label }: Record<string, unknown> = useSearch({ strict: false });
  const setSearch = useSetSearch();
  const labels = listOf(label);
  const pins = listOf(pin).map((each, at) => ({ fact: Number(each), label: (labels[at] ?? "").slice(0, LONGEST_LABEL) }));
  const set = (next: readonly Pin[]) => setSearch(next.length === 0 ? { pin: undefined, label: undefined } : {
    pin: next.map(({ fact }) => fact), label: next.some((each) => each.label) ? next.map((each) => each.label) : undefined,
  });
  return [pins.filter(({ fact }) => Number.isSafeInteger(fact) && fact >= 1).slice(0, MOST_PINS), set];
}

/** `pins` with the moment of this fact as the first of them. */
export function withPin(pins: readonly Pin[], fact: number): readonly Pin[] {
  const known = pins.find((each) => each.fact === fact);
  return [known ?? { fact, label: "" }, ...pins.filter((each) => each !== known)].slice(0, MOST_PINS);
}

function listOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
}

/** The filters of the facts, as they stand in the address. */
export function filterOf(values: Readonly<Record<string, string>>): Filter {
  return {
    types: values.types ? values.types.split(",") : [],
    node: values.node || null,
    failedOnly: values.failed === "1",
    hidesDone: values.hide === "done",
    query: values.find ?? "",
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
    return found && filterOf(addressOf({ ...ALL, ...found, types: (found.types ?? []).map(String), query: String(found.query ?? "") }));
  } catch {
    return null;
  }
}

export function isAll(filter: Filter): boolean {
  return Object.values(addressOf(filter)).every((text) => text === "");
}
