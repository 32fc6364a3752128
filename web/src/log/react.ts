// A run in React. Everything else of this folder knows no React.

import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { History } from "./history.js";
import { type Address, openRun, type RunNow, type RunSource } from "./stream.js";
import { EMPTY, type RunView } from "./view.js";

/** What a component sees of a run; `source` is null until the stream was opened. */
export interface WatchedRun extends RunNow {
  readonly source: RunSource | null;
}

const NOTHING: RunNow = { history: new History(), view: EMPTY, count: 0, link: { state: "connecting" } };

/**
 * Follows the run whose events are at `url` while the component is there, and renders it again at most
 * once a frame. A function gives a fresh address where a ticket has expired; it must stay the same one.
 */
export function useRun(url: Address | null, headers?: Readonly<Record<string, string>>): WatchedRun {
  const [source, setSource] = useState<RunSource | null>(null);
  const sent = JSON.stringify(headers ?? {});
  useEffect(() => {
    if (url === null) return undefined;
    const opened = openRun(url, JSON.parse(sent) as Record<string, string>);
    setSource(opened);
    return () => {
      setSource(null);
      opened.close();
    };
  }, [url, sent]);
  const now = useNow(source);
  return useMemo(() => ({ ...now, source }), [now, source]);
}

/** What `source` told last. */
export function useNow(source: RunSource | null): RunNow {
  const watch = useCallback((call: () => void) => source?.watch(call) ?? (() => undefined), [source]);
  return useSyncExternalStore(watch, () => source?.now ?? NOTHING, () => NOTHING);
}

/** The run after its first `count` events, as it is now for null. */
export function useHistoryAt(source: RunSource | null, count: number | null): RunView {
  const now = useNow(source);
  const at = count === null || count >= now.count ? null : count;
  const past = useMemo(() => (source && at !== null ? source.history.at(at) : null), [source, at]);
  return past ?? now.view;
}
