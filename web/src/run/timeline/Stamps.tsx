// The time stamps of the axis; to drag along them selects a range.

import { type PointerEvent, useState } from "react";
import { duration } from "../../ui/figures";
import type { Range } from "./axis";
import { ticks } from "./axis";
import type { Clock } from "./clock";
import { timeOfDay } from "../timeOfDay";

const LEAST_DRAG_PX = 4;

/** `onSelect` gets the range in milliseconds from the run's beginning. */
export function TimelineStamps({ clock, onSelect }: { clock: Clock; onSelect: (range: Range) => void }) {
  const { axis, whole } = clock;
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const xOf = (event: PointerEvent) => event.clientX - event.currentTarget.getBoundingClientRect().left;

  function released() {
    setDrag(null);
    if (!drag || Math.abs(drag.to - drag.from) < LEAST_DRAG_PX) return;
    const [from, to] = [axis.timeAt(Math.min(drag.from, drag.to)), axis.timeAt(Math.max(drag.from, drag.to))];
    onSelect({ from: from - whole.from, to: to - whole.from });
  }

  return (
    <div className="stamps"
      onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); setDrag({ from: xOf(event), to: xOf(event) }); }}
      onPointerMove={(event) => { if (drag) setDrag({ ...drag, to: xOf(event) }); }}
      onPointerUp={released} onPointerCancel={() => setDrag(null)}>
      {ticks(axis, whole.from).map(({ x, time }) => (
        <span key={time} className="stamp" style={{ left: x }}>{shortly(time - whole.from)}</span>
      ))}
      {axis.pieces.map((piece) => piece.isFolded ? (
        <span key={piece.from} className="stamp is-fold" style={{ left: piece.left, width: piece.right - piece.left }} title={duration(piece.to - piece.from)}>{roughly(piece.to - piece.from)}</span>
      ) : (
        <span key={piece.from} className="stamp is-clock" style={{ left: piece.left }}>{piece.right - piece.left > 48 ? timeOfDay(piece.from) : ""}</span>
      ))}
      {drag && <span className="stretch" style={{ left: Math.min(drag.from, drag.to), width: Math.abs(drag.to - drag.from) }} />}
    </div>
  );
}

/** `0`, `0.5 s`, `40 s`, `2 min`, `1 h 5 min`. */
export function shortly(ms: number): string {
  if (ms < 1) return "0";
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(ms < 100 ? 3 : ms < 10_000 ? 2 : 1))} s`;
  return duration(ms).replace(/ 0 (s|min)$/, "");
}

/** How long a fold is, in its largest unit: `40 s`, `25 min`, `2 h`, `3 d`. */
export function roughly(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
