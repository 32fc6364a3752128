// Whether Penstock can be reached, as the last answers tell. While it cannot, it is asked every few
// seconds; once it answers, everything that is shown is asked for again.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useReadAgain } from "../api/again";
import { Problem, urlOf } from "../api/client";

const PAUSE_MS = 3_000;
const PATIENCE_MS = 6_000;

export function useIsAway(): boolean {
  const [isAway, setAway] = useState(false);
  const queries = useQueryClient();
  const readAgain = useReadAgain();

  useEffect(() => {
    const lost = () => setAway(true);
    addEventListener("offline", lost);
    const end = queries.getQueryCache().subscribe(({ query, type }) => {
      const failure = type === "updated" && (query.state.fetchFailureReason ?? query.state.error);
      if (failure instanceof Problem && (failure.status === 0 || failure.status >= 502)) setAway(true);
    });
    return () => { removeEventListener("offline", lost); end(); };
  }, [queries]);

  useEffect(() => {
    if (!isAway) return undefined;
    const look = async () => {
      const answer = await fetch(urlOf("health/serving"), { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null);
      if (!answer?.ok) return;
      setAway(false);
      readAgain();
    };
    const timer = setInterval(() => void look(), PAUSE_MS);
    const now = () => void look();
    addEventListener("online", now);
    return () => { clearInterval(timer); removeEventListener("online", now); };
  }, [isAway, readAgain]);
  return isAway;
}
