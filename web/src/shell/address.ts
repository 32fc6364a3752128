// What of a page stands in its address: filters, what is open. What can be seen can be sent.

import { useRouter, useRouterState } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

export type Change = Readonly<Record<string, string | null>>;

/** The parameters of the address, and what changes some of them; null and an empty text take one out.
 * A change takes the place of the address there was, unless a step back is to undo it. */
export function useAddress(): [URLSearchParams, (change: Change, undoable?: boolean) => void] {
  const router = useRouter();
  useRouterState({ select: ({ location }) => location.href });
  // What stands there by now: the router's own state follows a little later.
  const { search } = router.history.location;
  const asked = useMemo(() => new URLSearchParams(search), [search]);
  const change = useCallback((wanted: Change, undoable = false) => {
    const now = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(wanted)) {
      if (value) now.set(name, value);
      else now.delete(name);
    }
    const text = now.toString();
    const to = location.pathname + (text ? `?${text}` : "");
    if (undoable) router.history.push(to);
    else router.history.replace(to);
  }, [router]);
  return [asked, change];
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
