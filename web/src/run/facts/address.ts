// What stands in the address of a run's page, so that what is seen can be sent.

import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import type { Filter } from "./filter";

export const LONGEST_LABEL = 60;

/** A text in the address, "" where it does not stand there. */
export function useSearchText(name: string): [text: string, set: (text: string) => void] {
  const [values, set] = useSearchTexts();
  return [values[name] ?? "", (text) => set({ [name]: text })];
}

/** All texts in the address; what is set to "" leaves it. */
export function useSearchTexts(): [values: Readonly<Record<string, string>>, set: (values: Record<string, string>) => void] {
  const found: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(found)) if (value !== undefined && value !== null) values[name] = String(value);
  const set = useCallback((changes: Record<string, string>) => {
    const said = Object.fromEntries(Object.entries(changes).map(([name, text]) => [name, text === "" ? undefined : text]));
    void navigate({ to: ".", search: (old) => ({ ...old, ...said }), replace: true, resetScroll: false });
  }, [navigate]);
  return [values, set];
}

/** The number of the fact that is pinned, what a person calls that moment, and what changes both. */
export function usePin(): { pin: number | null; label: string; set(pin: number | null, label?: string): void } {
  const [values, set] = useSearchTexts();
  const { pin = "", label = "" } = values;
  return {
    pin: /^[1-9]\d{0,8}$/.test(pin) ? Number(pin) : null, label: label.slice(0, LONGEST_LABEL),
    set: (to, name = "") => set({ pin: to === null ? "" : String(to), label: to === null ? "" : name }),
  };
}

/** The filters of the facts, as they stand in the address. */
export function filterOf(values: Readonly<Record<string, string>>): Filter {
  return {
    types: values.types ? values.types.split(",") : [],
    node: values.node ?? null,
    failedOnly: values.failed === "1",
    query: values.find ?? "",
  };
}

export function addressOf({ types, node, failedOnly, query }: Filter): Record<string, string> {
  return { types: types.join(","), node: node ?? "", failed: failedOnly ? "1" : "", find: query };
}
