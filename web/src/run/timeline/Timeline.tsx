// The run as lanes of time: a row a step, in the flow's own lanes, its bars by what it was at. The
// axis is the scrubber's too.

import { type CSSProperties, useMemo } from "react";
import { Button } from "../../ui/Button";
import { duration } from "../../ui/figures";
import { nameOf } from "../../ui/Status";
import { words } from "../../words";
import { usePins } from "../facts/address";
import { Rows } from "../facts/Rows";
import { timeOf } from "../scrubber/time";
import { TimelineStamps } from "./Stamps";
import { TimelineBars } from "./Bars";
import { TimelineGraph } from "./LaneGraph";
import type { Range } from "./axis";
import { type Clock, useClock, useWidth } from "./clock";
import { lanesOf } from "./lanes";
import { useRange, zoomed } from "./range";
import { useRunNow } from "../context";
import "./timeline.css";

const ROW_PX = 30;
const LOOKS = ["queued", "first", "streaming", "working", "tool", "lost", "person", "pause"] as const;

export function Timeline() {
  const { history, isOver, steps, at, selected, setSelected, shown } = useRunNow();
  const [range, choose] = useRange();
  const [pins] = usePins();
  const [place, width] = useWidth<HTMLDivElement>();
  const clock = useClock(history, isOver, range, width);
  const lanes = useMemo(() => lanesOf(steps), [steps]);
  const wide = lanes.reduce((most, row) => Math.max(most, row.lane, ...row.passing, ...row.to), 0) + 1;
  const open = steps.findIndex(({ step }) => step === selected);

  return (
    <section className="timeline" aria-label={words.time.timeline}>
      <div className="on-axis axis-head">
        <Zoom clock={clock} range={range} choose={choose} middle={at === null ? null : timeOf(history, at)} />
        <div ref={place} className="axis-place"><TimelineStamps clock={clock} onSelect={choose} /></div>
      </div>
      <div className="timeline-body" style={{ "--rows": steps.length } as CSSProperties}>
        <Behind clock={clock} />
        <Rows label={words.time.timeline} count={steps.length} height={ROW_PX} chosen={open < 0 ? null : open}
          onChoose={(index) => setSelected(steps[index]!.step)}
          nameOf={(index) => spoken(steps[index]!, shown.steps[steps[index]!.step]?.status ?? "pending", clock)}
          row={(index) => {
            const { step, label } = steps[index]!;
            const { status = "pending", attempt = 1 } = shown.steps[step] ?? {};
            return (
              <div className="on-axis">
                <span className="timeline-name">
                  <TimelineGraph row={lanes[index]!} lanes={wide} height={ROW_PX} status={status} />
                  <span className="clip">{label}</span>
                  {attempt > 1 && <span className="quiet small number">×{attempt}</span>}
                </span>
                <span className="axis-place"><TimelineBars row={clock.spans.rows[step]} axis={clock.axis} until={clock.whole.to} /></span>
              </div>
            );
          }} />
        <div className="on-axis timeline-over">
          <span />
          <div className="axis-place">
            {at !== null && <Ahead x={clock.axis.place(timeOf(history, at))} />}
            {pins.map(({ fact, label }) => fact <= history.events.length && <Pinned key={fact} x={clock.axis.place(timeOf(history, fact))} width={width} label={label} />)}
          </div>
        </div>
      </div>
      <Legend clock={clock} />
    </section>
  );
}

// What happened after the fact that is looked at is pale.
function Ahead({ x }: { x: number }) {
  return <span className="ahead" style={{ left: x }} />;
}

// A moment that was pinned, and what a person calls it: to the left of it where there is no room to the right.
function Pinned({ x, width, label }: { x: number; width: number; label: string }) {
  return <span className={x > width * 0.7 ? "pinned is-late" : "pinned"} style={{ left: x }}>{label && <span className="small clip" dir="auto">{label}</span>}</span>;
}

// The folds, through all rows.
function Behind({ clock }: { clock: Clock }) {
  return (
    <div className="on-axis timeline-over">
      <span />
      <div className="axis-place">
        {clock.axis.pieces.map((piece) => piece.isFolded && (
          <span key={piece.from} className="fold" style={{ left: piece.left, width: piece.right - piece.left }} />
        ))}
      </div>
    </div>
  );
}

// How long a stretch of time is in sight, and what makes it shorter, longer, earlier and later.
function Zoom({ clock, range, choose, middle }: { clock: Clock; range: Range | null; choose: (range: Range | null) => void; middle: number | null }) {
  const { whole } = clock;
  const centre = middle ?? (clock.range.from + clock.range.to) / 2;
  const relative = (found: Range | null) => choose(found && { from: found.from - whole.from, to: found.to - whole.from });
  const move = (share: number) => {
    const by = (clock.range.to - clock.range.from) * share;
    relative(zoomed(clock.range, whole, 1, (clock.range.from + clock.range.to) / 2 + by));
  };
  return (
    <div className="timeline-zoom" role="group" aria-label={words.time.dragHint}>
      <span className="quiet small number">{duration(clock.range.to - clock.range.from)}</span>
      {range && <Button small look="quiet" onPress={() => choose(null)}>{words.time.wholeRun}</Button>}
      {range && <Button small look="quiet" onPress={() => move(-0.5)} aria-label={words.time.earlier}>←</Button>}
      {range && <Button small look="quiet" onPress={() => move(0.5)} aria-label={words.time.later}>→</Button>}
      <Button small look="quiet" isDisabled={!range} onPress={() => relative(zoomed(clock.range, whole, 2, centre))} aria-label={words.time.zoomOut}>−</Button>
      <Button small look="quiet" onPress={() => relative(zoomed(clock.range, whole, 0.5, centre))} aria-label={words.time.zoomIn}>+</Button>
    </div>
  );
}

// Only what is to be seen in this run.
function Legend({ clock: { spans: { rows } } }: { clock: Clock }) {
  const seen = useMemo(() => rows.flatMap((row) => row?.spans ?? []), [rows]);
  const isSeen = (look: string) => seen.some(({ doing }) => doing === look);
  return (
    <ul className="legend quiet small" aria-label={words.time.legend}>
      {LOOKS.filter(isSeen).map((look) => <li key={look}><span className={`bar-of ${look}`} />{words.time[look]}</li>)}
      {seen.some(({ isResumed }) => isResumed) && <li><span className="bar-of working is-resumed" />{words.time.resumed}</li>}
    </ul>
  );
}

function spoken({ step, label }: { step: number; label: string }, status: string, { spans, whole }: Clock): string {
  const worked = (spans.rows[step]?.spans ?? []).map(({ doing, from, to }) => `${words.time[doing]} ${duration((to ?? whole.to) - from)}`);
  return [label, nameOf(status), ...worked.slice(0, 12)].join(", ");
}
