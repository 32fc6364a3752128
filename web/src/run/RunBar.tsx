// Which run, how it stands, how the line to it stands, and what can be done to it.

import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useSession } from "../account/session";
import { isOver, type Link as Line, SIGNED_OUT, statusOf } from "../log/index";
import { Button } from "../ui/Button";
import { ago, clock, duration } from "../ui/figures";
import { Refused } from "../ui/Notice";
import { Status } from "../ui/Status";
import { useNow } from "../ui/now";
import { words } from "../words";
import { focusStory, useRetry, useStop } from "./actions";
import { parentOf, useRunPage, useShown, useTold } from "./context";
import { Copy } from "./text/Copy";
import { timeOfDay } from "./timeOfDay";

export function RunBar() {
  const { drawing, run, workspace, at, setAt, source } = useRunPage();
  const shown = useShown();
  const isLost = useIsLost();
  const requested = useTold(source, () => source.history.latest.requested);
  const name = drawing.pipeline?.name ?? (typeof requested?.pipeline_name === "string" ? requested.pipeline_name : null);
  return (
    <div className="run-bar">
      <div className="run-name">
        <h1 className="clip">{name && drawing.pipeline
          ? <Link to="/w/$workspace/pipelines/$pipeline" params={{ workspace, pipeline: drawing.pipeline.id }}>{name}</Link>
          : (name ?? `${words.run.aRun} ${run.slice(-6)}`)}</h1>
        {isLost && <span className="quiet small">{words.run.lastSeen}</span>}
        <span role="status" className="row"><Status status={statusOf(shown)} /></span>
      </div>
      <div className="run-when small quiet">
        {at !== null && <strong className="run-past">{words.run.asItWas} {timeOfDay(source.history.events[at - 1]?.data.at)}</strong>}
        {requested && <time dateTime={requested.at} title={clock(requested.at)}>{ago(requested.at)}</time>}
        {typeof requested?.requested_by === "string" && <span className="clip">{words.run.by} {requested.requested_by}</span>}
        <Copy text={() => run} label={words.run.copyId} />
        <LineState />
      </div>
      <div className="row run-actions">
        <Beside />
        {at !== null && <Button small look="main" onPress={() => setAt(null)}>{words.run.backToNow}</Button>}
        <Actions />
      </div>
    </div>
  );
}

// To the comparison with the run it was forked from, else with its newest fork.
function Beside() {
  const { run, workspace, source, forks } = useRunPage();
  const parent = useTold(source, () => parentOf(source.history.latest)?.run);
  const [own, other] = parent ? [run, parent] : [forks[0]?.run_id, run];
  if (!own) return null;
  return <Link className="button is-small" to="/w/$workspace/runs/$run/compare/$other" params={{ workspace, run: own, other }}>{words.time.compareShort}</Link>;
}

function Actions() {
  const { source, setSelected } = useRunPage();
  const phase = useTold(source, () => source.history.latest.phase);
  const isEnded = useTold(source, () => isOver(source.history.latest));
  const isLost = useIsLost();
  const { may } = useSession();
  const stop = useStop(), retry = useRetry();
  const why = may("member") ? null : words.run.mayNotRun;
  const isStopping = phase === "cancelling" || stop.isPending;
  return (
    <>
      {why && <span className="quiet small">{why}</span>}
      {!isEnded && !isLost && <Button small look="danger" isDisabled={why !== null || isStopping} onPress={() => { setSelected(null); focusStory(); stop.mutate(); }}>{isStopping ? words.run.stopping : words.run.stop}</Button>}
      {(phase === "failed" || phase === "cancelled") && <Button small isDisabled={why !== null || retry.isPending} onPress={() => retry.mutate()}>{phase === "failed" ? words.run.retry : words.run.goOn}</Button>}
      {stop.isPending && stop.failureCount > 0 && <span className="run-unsent small" role="status">{words.run.stopUnsent}</span>}
      <Refused error={stop.error ?? retry.error} />
    </>
  );
}

// Whether the run went on, or ended, where it is not told any more.
function useIsLost(): boolean {
  const { source } = useRunPage();
  return useTold(source, () => source.link.state === "gone" && !isOver(source.history.latest));
}

function LineState() {
  const { source } = useRunPage();
  const link = useTold(source, () => source.link);
  const now = useNow(link.state === "lost" || link.state === "live" ? 1_000 : null);
  const { look, text } = lineWords(link, now);
  // A screen reader is told what changed, and not each second for how long it has lasted.
  const said = useMemo(() => text, [look]);
  return (
    <>
      <span className={`run-line is-${look}`}><i aria-hidden="true" /> {text}</span>
      <span className="unseen" role="status">{said}</span>
    </>
  );
}

/** How the line stands in words. */
export function lineWords(link: Line, now: number): { look: string; text: string } {
  switch (link.state) {
    case "live": {
      const behind = "behind" in link ? Number(link.behind) : 0;
      return behind > 0 ? { look: "late", text: `${words.run.behind} ${duration(behind * 1000)}, ${words.run.catchingUp}` } : { look: "live", text: words.run.live };
    }
    case "lost": return link.why === SIGNED_OUT ? { look: "late", text: words.run.signedOut } : { look: "late", text: `${words.run.lost} ${duration(Math.max(0, now - link.since))}` };
    case "over": return { look: "over", text: words.run.allTold };
    case "gone": return { look: "gone", text: words.run.goneShort };
    default: return { look: "over", text: words.run.connecting };
  }
}
