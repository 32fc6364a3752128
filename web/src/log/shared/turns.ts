// Which streams are read where a browser opens fewer connections to a host than there are streams: those
// that somebody sees before the others, and those of a kind in turns.

export interface Turn {
  /** Whether it has a connection now. */
  readonly isOpen: boolean;
  /** Whether a page that somebody sees listens to it. */
  readonly isSeen: boolean;
  /** When that began, Unix ms. */
  readonly since: number;
}

export interface Turns<T> {
  readonly begin: readonly T[];
  readonly end: readonly T[];
}

const TURN_MS = 1_500;
// What nobody sees takes the place of what somebody does for one turn in so many.
const PATIENCE = 6;

/** What is to be opened and closed, so that `most` are open. */
export function turns<T extends Turn>(all: readonly T[], most: number, now: number): Turns<T> {
  const open = all.filter((each) => each.isOpen).sort(bySeenLast);
  const waiting = all.filter((each) => !each.isOpen).sort(bySeenLast).sort((a, b) => Number(b.isSeen) - Number(a.isSeen));
  const begin: T[] = [], end: T[] = [];
  // Of two browsers' pages one may allow fewer.
  for (let over = open.length - most; over > 0; over--) end.push(open.shift()!);
  for (const next of waiting) {
    if (open.length + begin.length >= most) {
      const place = open.findIndex((each) => now - each.since >= turnOf(each, next));
      if (place < 0) continue;
      end.push(...open.splice(place, 1));
    }
    begin.push(next);
  }
  return { begin, end };
}

// Those that nobody sees first, then the longest there.
function bySeenLast(a: Turn, b: Turn): number {
  return Number(a.isSeen) - Number(b.isSeen) || a.since - b.since;
}

function turnOf(held: Turn, next: Turn): number {
  return held.isSeen && !next.isSeen ? TURN_MS * PATIENCE : TURN_MS;
}
