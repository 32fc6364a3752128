// The one axis of time that the timeline and the scrubber share: true to scale where something was
// done, and folded to a few pixels where for long nothing was but waiting.

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A stretch of the axis: times `from` to `to` stand at `left` to `right`, in pixels. */
export interface Piece extends Range {
  readonly left: number;
  readonly right: number;
  readonly isFolded: boolean;
}

export interface Axis {
  readonly pieces: readonly Piece[];
  readonly width: number;
  /** Where a time stands; what lies outside stands at the edge. */
  place(time: number): number;
  /** Which time stands there. */
  timeAt(x: number): number;
}

const FOLD_PX = 52;
const STEPS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1.8e6, 3.6e6, 7.2e6, 1.08e7, 2.16e7, 4.32e7, 8.64e7];

/** The axis of `range`, `width` pixels wide, with these gaps folded. */
export function axisOf({ from, to }: Range, gaps: readonly Range[], width: number): Axis {
  const end = Math.max(to, from + 1);
  const folds = gaps.filter((gap) => gap.to > from && gap.from < end);
  const foldPx = folds.length ? Math.min(FOLD_PX, width / 2 / folds.length) : 0;
  const folded = folds.reduce((sum, gap) => sum + Math.min(gap.to, end) - Math.max(gap.from, from), 0);
  const scale = (width - foldPx * folds.length) / Math.max(1, end - from - folded);
  const pieces: Piece[] = [];
  let time = from, x = 0;
  const add = (until: number, isFolded: boolean) => {
    if (until <= time) return;
    const right = x + (isFolded ? foldPx : (until - time) * scale);
    pieces.push({ from: time, to: until, left: x, right, isFolded });
    time = until;
    x = right;
  };
  for (const gap of folds) {
    add(Math.max(gap.from, from), false);
    add(Math.min(gap.to, end), true);
  }
  add(end, false);
  return { pieces, width, place: (at) => place(pieces, at), timeAt: (at) => timeAt(pieces, at) };
}

function place(pieces: readonly Piece[], time: number): number {
  const piece = pieces.find((each) => time <= each.to) ?? pieces.at(-1);
  if (!piece) return 0;
  const share = Math.min(1, Math.max(0, (time - piece.from) / (piece.to - piece.from)));
  return piece.left + share * (piece.right - piece.left);
}

function timeAt(pieces: readonly Piece[], x: number): number {
  const piece = pieces.find((each) => x <= each.right) ?? pieces.at(-1);
  if (!piece) return 0;
  const share = Math.min(1, Math.max(0, (x - piece.left) / (piece.right - piece.left || 1)));
  return piece.from + share * (piece.to - piece.from);
}

export interface Tick {
  readonly x: number;
  readonly time: number;
}

/** Times to write on the axis, round ones since `origin`, at least `apart` pixels from each other. */
export function ticks(axis: Axis, origin: number, apart = 72): Tick[] {
  const found: Tick[] = [];
  for (const piece of axis.pieces) {
    if (piece.isFolded) continue;
    const perPx = (piece.to - piece.from) / (piece.right - piece.left || 1);
    const step = STEPS_MS.find((ms) => ms >= perPx * apart) ?? Math.ceil((perPx * apart) / 8.64e7) * 8.64e7;
    for (let time = origin + Math.ceil((piece.from - origin) / step) * step; time <= piece.to; time += step) {
      const x = axis.place(time);
      if (x + apart * 0.6 <= piece.right || piece === axis.pieces.at(-1)) found.push({ x, time });
    }
  }
  return found.filter((tick) => tick.x <= axis.width - apart * 0.5);
}
