// Why nothing of a run is under way, in one sentence.

import { useQuery } from "@tanstack/react-query";
import { get, type Schema } from "../../api/client";
import { duration } from "../../ui/figures";
import { Notice } from "../../ui/Notice";
import { useNow } from "../../ui/now";
import { words } from "../../words";
import { useRunPage, useTold } from "../context";

const ASK_MS = 4_000;
const MOVING: ReadonlySet<string> = new Set(["running"]);

/** What the run waits for; null while something of it is under way. */
export function useWaits(): Schema<"WaitingFor"> | null {
  const { run, workspace, source, at } = useRunPage();
  const isStill = useTold(source, () => !source.history.latest.steps.some((step) => step && MOVING.has(step.status)));
  const found = useQuery({
    queryKey: ["run", workspace, run, "waits"], enabled: isStill && at === null, refetchInterval: ASK_MS, staleTime: 0,
    queryFn: ({ signal }) => get<Schema<"RunWaits">>(`api/v1/runs/${run}/waiting-for`, undefined, signal),
  });
  return isStill ? (found.data?.waiting_for ?? null) : null;
}

export function Waits() {
  const waits = useWaits();
  const until = waits?.until ? Date.parse(waits.until) : null;
  const now = useNow(until === null ? null : 1_000);
  if (!waits || waits.kind === "person") return null;
  return (
    <Notice tone="wait" title={words.run.whyNot}>
      <p>{waits.text}{until !== null && until > now && ` ${words.run.thatIs} ${duration(until - now)}.`}</p>
    </Notice>
  );
}
