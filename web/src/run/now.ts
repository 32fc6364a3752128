import { useEffect, useState } from "react";

/** The time, again every second while `runs`, or more often. */
export function useNow(runs: boolean, everyMs = 1000): number {
  const [now, tick] = useState(Date.now);
  useEffect(() => {
    if (!runs) return undefined;
    tick(Date.now());
    const timer = setInterval(() => tick(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [runs, everyMs]);
  return now;
}
