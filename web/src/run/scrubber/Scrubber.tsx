// The run as it was at any of its facts: the channel laid flat, filled up to the fact that is looked at.

import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { Button } from "../../ui/Button";
import { words } from "../../words";
import { moved } from "../rowKeys";
import { usePins, withPin } from "../facts/address";
import { gist } from "../facts/text";
import { ScrubberChanges } from "../lazyParts";
import { countBy, timesOf } from "./time";
import { useClock, useWidth } from "../timeline/clock";
import { timeOfDay } from "../timeOfDay";
import { useRange } from "../timeline/range";
import { type RunNow, useRunNow } from "../context";
import "./scrubber.css";
import "../timeline/timeline.css";

const PAGES = 20;
const LONGEST_PLAY_MS = 12_000;
const FRAME_MS = 50;

export function Scrubber() {
  const run = useRunNow();
  const { history, isOver, at, setAt, live } = run;
  const [range] = useRange();
  const [place, width] = useWidth<HTMLDivElement>();
  const { axis } = useClock(history, isOver, range, width);
  const times = timesOf(history);
  const count = at === null ? times.length : Math.min(at, times.length);
  const [isPlaying, setPlaying] = usePlay(run);
  const [pins, setPins] = usePins();
  const pinned = pins[0]?.fact ?? null;
  const look = (to: number) => setAt(to >= times.length ? null : to);
  // A share of the width and no length: a page that becomes narrow has no wider part until it is measured.
  const shareAt = (fact: number) => (width > 0 ? axis.place(times[Math.min(fact, times.length) - 1] ?? 0) / width : 0);

  return (
    <section className="scrubber" aria-label={words.time.scrubber}>
      <div className="on-axis">
        <div className="scrubber-keys">
          <Button small look="quiet" onPress={() => setPlaying(!isPlaying)} isDisabled={times.length < 2}>{isPlaying ? words.time.stop : words.time.play}</Button>
          <Button small look={at === null ? "quiet" : "plain"} isDisabled={at === null} onPress={() => setAt(null)}>
            {isOver ? words.time.latest : words.time.live}
          </Button>
          <Button small look="quiet" isDisabled={times.length === 0 || pins.some(({ fact }) => fact === count)} onPress={() => setPins(withPin(pins, count))}>{words.time.pin}</Button>
        </div>
        <Track ref={place} said={saidOf(run, count)} count={count} most={times.length} page={Math.max(1, Math.round(times.length / PAGES))}
          share={at === null ? 1 : shareAt(count)} pins={pins.map(({ fact }) => shareAt(fact))}
          countAt={(x) => countBy(times, axis.timeAt(x))} onLook={(to) => { setPlaying(false); look(to); }} />
      </div>
      <p className="scrubber-said quiet small clip">{saidOf(run, count)}</p>
      {pinned !== null && <ScrubberChanges from={pinned} to={count} before={history.at(pinned)} after={at === null ? live : run.shown} />}
    </section>
  );
}

function saidOf({ history }: RunNow, count: number): string {
  const fact = history.events[count - 1]?.data;
  if (!fact) return words.time.empty;
  return [`${words.time.fact} ${count} ${words.time.of} ${history.events.length}`, fact.type, fact.node, timeOfDay(fact.at), gist(fact).slice(0, 80)].filter(Boolean).join(" · ");
}

interface TrackProps {
  ref: React.RefObject<HTMLDivElement | null>;
  said: string;
  count: number;
  most: number;
  page: number;
  share: number;
  pins: readonly number[];
  countAt(x: number): number;
  onLook(count: number): void;
}

function Track({ ref, said, count, most, page, share, pins, countAt, onLook }: TrackProps) {
  const frame = useRef(0);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);

  function drag(event: PointerEvent<HTMLDivElement>) {
    const at = event.clientX - event.currentTarget.getBoundingClientRect().left;
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => onLook(countAt(at)));
  }

  function onKeyDown(event: KeyboardEvent) {
    const to = steered(event.key, count, most, page);
    if (to === null) return;
    event.preventDefault();
    onLook(to);
  }

  return (
    <div ref={ref} className="axis-place track" role="slider" tabIndex={0} aria-label={words.time.scrubber}
      aria-valuemin={Math.min(1, most)} aria-valuemax={most} aria-valuenow={count} aria-valuetext={said} onKeyDown={onKeyDown}
      onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); drag(event); }}
      onPointerMove={(event) => { if (event.buttons) drag(event); }}>
      <span className="channel"><span className="water" style={{ width: percent(share) }} /></span>
      {pins.map((share, at) => <span key={at} className="pin" style={{ left: percent(share) }} />)}
      <span className="thumb" style={{ left: percent(share) }} />
    </div>
  );
}

const percent = (share: number) => `${share * 100}%`;

/** Where a key leads to from fact `count` of `most`: to the right is later. */
export function steered(key: string, count: number, most: number, page: number): number | null {
  const same: Record<string, string> = { ArrowRight: "ArrowDown", ArrowLeft: "ArrowUp", ArrowUp: "ArrowDown", ArrowDown: "ArrowUp", PageUp: "PageDown", PageDown: "PageUp" };
  const to = moved(same[key] ?? key, count - 1, most, page);
  return to === null ? null : to + 1;
}

// Plays all facts from the one that is looked at, in a few seconds however many they are.
function usePlay({ history, at, setAt }: RunNow): [isPlaying: boolean, play: (is: boolean) => void] {
  const [isPlaying, setPlaying] = useState(false);
  const latest = useRef({ at, setAt });
  latest.current = { at, setAt };
  useEffect(() => {
    if (!isPlaying) return;
    const stride = Math.max(1, Math.ceil(history.events.length / (LONGEST_PLAY_MS / FRAME_MS)));
    const timer = setInterval(() => {
      const most = history.events.length;
      const next = (latest.current.at ?? 0) + stride;
      if (next < most) return latest.current.setAt(next);
      setPlaying(false);
      latest.current.setAt(null);
    }, Math.max(FRAME_MS, Math.min(400, LONGEST_PLAY_MS / Math.max(1, history.events.length))));
    return () => clearInterval(timer);
  }, [isPlaying, history]);
  return [isPlaying, setPlaying];
}
