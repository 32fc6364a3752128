// What happens to the runs of the workspace, by the one stream that all tabs of the browser share.

import { useEffect, useRef, useState } from "react";
import { urlOf } from "../api/client";
import { type FeedListener, openFeed } from "../log/index";

const TOGETHER_MS = 700;
const TYPES = [
  "run.requested", "run.started", "run.cancel_requested", "run.completed", "run.failed", "run.cancelled",
  "step.waiting", "step.decided",
];

export interface Hearing {
  /** The runs something happened to; null: any may have changed, what is shown has to be read again. */
  happened(runs: ReadonlySet<string> | null): void;
  became(isLive: boolean): void;
}

/** Tells what a feed tells, gathered for a moment, and whenever it begins that something may have been missed. */
export function gather({ happened, became }: Hearing): FeedListener & { stop(): void } {
  let runs: Set<string> | null = new Set();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLive: boolean | null = null;
  const tell = () => {
    const told = runs;
    timer = undefined;
    runs = new Set();
    happened(told);
  };
  const missed = () => {
    runs = null;
    timer ??= setTimeout(tell, TOGETHER_MS);
  };
  return {
    missed,
    heard: (events) => {
      for (const { data } of events) runs?.add(data.run);
      timer ??= setTimeout(tell, TOGETHER_MS);
    },
    became: ({ state }) => {
      const isNow = state === "live";
      if (state === "connecting" || isNow === isLive) return;
      isLive = isNow;
      became(isLive);
      // What happened between the reading of the list and the beginning of the feed is in neither.
      if (isLive) missed();
    },
    stop: () => clearTimeout(timer),
  };
}

/** Calls `happened` for as long as a page is there. False while nothing is heard. */
export function useHappenings(workspace: string, happened: Hearing["happened"]): boolean {
  const [isLive, setLive] = useState(true);
  const current = useRef(happened);
  useEffect(() => { current.current = happened; });
  useEffect(() => {
    const gathered = gather({ happened: (runs) => current.current(runs), became: setLive });
    const feed = openFeed(urlOf("api/v1/events", { workspace, unnamed: 1, types: TYPES.join(",") }), {}, gathered);
    return () => {
      feed.close();
      gathered.stop();
      setLive(true);
    };
  }, [workspace]);
  return isLive;
}
