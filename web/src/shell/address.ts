// What of a page stands in its address: filters, what is open. What can be seen can be sent.

import { useRouter, useRouterState } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

/** Texts by name, a list where there are several of a name. */
export type Search = Readonly<Record<string, string | readonly string[]>>;
export type Change = Readonly<Record<string, string | readonly string[] | null>>;

/** The parameters of an address, as every other program reads them: the router's own way takes a number for JSON. */
export function parseSearch(text: string): Search {
  const asked = new URLSearchParams(text);
  return Object.fromEntries([...new Set(asked.keys())].map((name) => {
    const all = asked.getAll(name);
    return [name, all.length === 1 ? all[0]! : all];
  }));
}

export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) if (each !== undefined && each !== null) asked.append(name, String(each));
  }
  const text = asked.toString();
  return text && `?${text}`;
}

/** `search` after a change of some of it: null, an empty text and an empty list take a parameter out. */
export function changed(search: Search, change: Change): Search {
  return Object.fromEntries(Object.entries({ ...search, ...change }).filter((each): each is [string, string | readonly string[]] => Boolean(each[1]?.length)));
}

/** The parameters of the address, and what changes some of them. A change takes the place of the address
 * there was, unless a step back is to undo it. */
export function useAddress(): [URLSearchParams, (change: Change, undoable?: boolean) => void] {
  const router = useRouter();
  useRouterState({ select: ({ location }) => location.href });
  // What stands there by now: the router's own state follows a little later.
  const { search } = router.history.location;
  const asked = useMemo(() => new URLSearchParams(search), [search]);
  const change = useCallback((wanted: Change, undoable = false) => {
    const next = changed(parseSearch(router.history.location.search), wanted);
    void router.navigate({ to: ".", search: next as never, replace: !undoable, resetScroll: false });
  }, [router]);
  return [asked, change];
}

/** One text of the address, "" where it does not stand there. */
export function useAddressed(name: string): [text: string, set: (text: string) => void] {
  const [address, change] = useAddress();
  return [address.get(name) ?? "", (text) => change({ [name]: text })];
}

/** A field's text and what changes it. The address follows keys a little later: by it alone the caret would jump. */
export function useTyped(text: string, set: (text: string) => void): [typed: string, type: (text: string) => void] {
  const [typed, setTyped] = useState(text);
  const sent = useRef<string[]>([]);
  useEffect(() => {
    const at = sent.current.indexOf(text);
    if (at >= 0) sent.current.splice(0, at + 1);
    else { sent.current = []; setTyped(text); }
  }, [text]);
  return [typed, (next) => { sent.current.push(next); setTyped(next); set(next); }];
}
