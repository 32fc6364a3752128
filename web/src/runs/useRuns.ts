// The rows of the table: read page by page, and kept right while runs come, move on and end.

import { type InfiniteData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { get } from "../api/client";
import { type Filter, queryOf } from "./filters/filter";
import { useHappenings } from "./live";
import { mergeFirst, type Page, rowsOf } from "./rows";

const EACH = 50;
const LOST_MS = 5_000;
const NONE: ReadonlySet<string> = new Set();

/** `filter` is the same object while it means the same. */
export function useRuns(workspace: string, filter: Filter) {
  const queries = useQueryClient();
  const key = useMemo(() => ["runs", workspace, "list", filter], [workspace, filter]);
  const found = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => read(filter, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });

  const refresh = useCallback(async (runs: ReadonlySet<string> | null) => {
    const data = queries.getQueryData<InfiniteData<Page, string | null>>(key);
    if (!data) return;
    const fresh = await Promise.all(data.pages.map((page, at) => {
      const isMeant = at === 0 || runs === null || page.items.some(({ run_id }) => runs.has(run_id));
      return isMeant ? read(filter, data.pageParams[at] ?? null).catch(() => null) : null;
    }));
    queries.setQueryData<InfiniteData<Page, string | null>>(key, (now) => now && {
      ...now,
      pages: now.pages.map((page, at) => {
        const found = fresh[at];
        if (!found) return page;
        return at === 0 ? mergeFirst(page, found) : { items: found.items, next_cursor: page.next_cursor };
      }),
    });
  }, [queries, key, filter]);

  const isLive = useFresh(workspace, refresh);
  return { ...found, rows: rowsOf(found.data?.pages ?? []), isLive, refresh: () => refresh(null) };
}

// Asks again when something happened; while nothing is heard, every few seconds.
function useFresh(workspace: string, refresh: (runs: ReadonlySet<string> | null) => Promise<void>): boolean {
  const isBusy = useRef(false);
  const waiting = useRef<ReadonlySet<string> | null>(NONE);
  const ask = useCallback(async (happened: ReadonlySet<string> | null) => {
    waiting.current = both(waiting.current, happened);
    if (isBusy.current) return;
    isBusy.current = true;
    try {
      while (waiting.current === null || waiting.current.size > 0) {
        const runs = waiting.current;
        waiting.current = NONE;
        await refresh(runs);
        // The list may be a moment behind what was heard.
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        await refresh(runs);
      }
    } finally {
      isBusy.current = false;
    }
  }, [refresh]);
  const isLive = useHappenings(workspace, (happened) => void ask(happened));
  useEffect(() => {
    if (isLive) return undefined;
    const timer = setInterval(() => void ask(null), LOST_MS);
    return () => clearInterval(timer);
  }, [isLive, ask]);
  return isLive;
}

function both(some: ReadonlySet<string> | null, more: ReadonlySet<string> | null): ReadonlySet<string> | null {
  return some && more && new Set([...some, ...more]);
}

function read(filter: Filter, cursor: string | null, signal?: AbortSignal): Promise<Page> {
  return get<Page>("api/v1/runs", { ...queryOf(filter, Date.now()), limit: EACH, cursor }, signal);
}
