// What of a page stands in its address: filters, what is open. What can be seen can be sent.

import { useRouter, useRouterState } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";

export type Change = Readonly<Record<string, string | null>>;

/** The parameters of the address, and what changes some of them; null and an empty text take one out.
 * A change takes the place of the address there was, unless a step back is to undo it. */
export function useAddress(): [URLSearchParams, (change: Change, undoable?: boolean) => void] {
  const router = useRouter();
  const href = useRouterState({ select: ({ location }) => location.href });
  const asked = useMemo(() => new URLSearchParams(new URL(href, document.baseURI).search), [href]);
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
