// The flow of a run as lanes beside its rows, as a Git graph is drawn: a branch leaves to the right,
// a merge comes back, and a step that goes on alone stays in its lane.

export interface Outlined {
  readonly step: number;
  readonly after: readonly number[];
}

/** What stands in the lanes of one row. */
export interface LaneRow {
  /** Of the step itself. */
  readonly lane: number;
  /** Lanes that pass it by. */
  readonly passing: readonly number[];
  /** Lanes that come into it from above, and that leave it below. */
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Lanes beyond this are drawn as one. */
export const MOST_LANES = 6;

/** For each step, in their order, what stands in its lanes. `after` names steps that come before it. */
export function lanesOf(steps: readonly Outlined[]): LaneRow[] {
  return new Lanes(steps).drawn();
}

class Lanes {
  readonly #row = new Map<number, number>();
  readonly #lane: number[] = [];
  // The row up to which a lane is in use; whose lane it is while another may go on in it.
  readonly #used: number[] = [];
  readonly #tip: (number | null)[] = [];
  readonly #last: number[];
  readonly #links: { lane: number; above: number; below: number }[] = [];
  readonly #steps: readonly Outlined[];

  constructor(steps: readonly Outlined[]) {
    this.#steps = steps;
    steps.forEach(({ step }, row) => this.#row.set(step, row));
    this.#last = steps.map((_, row) => row);
    steps.forEach((_, row) => { for (const above of this.#above(row)) this.#last[above] = row; });
    steps.forEach((_, row) => this.#settle(row));
  }

  drawn(): LaneRow[] {
    const clipped = (lane: number) => Math.min(lane, MOST_LANES - 1);
    const rows = this.#steps.map((_, row) => ({
      lane: clipped(this.#lane[row]!), passing: new Set<number>(), from: new Set<number>(), to: new Set<number>(),
    }));
    const begun = Array.from({ length: MOST_LANES }, () => new Int32Array(rows.length + 1));
    for (const link of this.#links) {
      const lane = clipped(link.lane);
      rows[link.above]!.to.add(lane);
      rows[link.below]!.from.add(lane);
      if (link.below - link.above > 1) { begun[lane]![link.above + 1]!++; begun[lane]![link.below]!--; }
    }
    begun.forEach((changes, lane) => {
      let open = 0;
      rows.forEach((row, at) => { open += changes[at]!; if (open > 0) row.passing.add(lane); });
    });
    const sorted = (lanes: Set<number>) => [...lanes].sort((a, b) => a - b);
    return rows.map(({ lane, passing, from, to }) => ({ lane, passing: sorted(passing), from: sorted(from), to: sorted(to) }));
  }

  #above(row: number): number[] {
    return this.#steps[row]!.after.flatMap((step) => {
      const above = this.#row.get(step);
      return above !== undefined && above < row ? [above] : [];
    });
  }

  #settle(row: number): void {
    const above = this.#above(row);
    const open = above.filter((each) => this.#tip[this.#lane[each]!] === each).sort((a, b) => this.#lane[a]! - this.#lane[b]!);
    const main = open[0] ?? above[0];
    const lane = open[0] !== undefined ? this.#lane[open[0]]! : this.#free(main ?? row - 1);
    for (const each of above) this.#link(each, row, each === main ? lane : this.#way(each, row));
    for (const each of open) if (each !== main && this.#last[each] === row) this.#close(this.#lane[each]!, row - 1);
    this.#lane[row] = lane;
    this.#tip[lane] = row;
    this.#used[lane] = Infinity;
    if (this.#last[row] === row) this.#close(lane, row);
  }

  // The lane a link takes that does not go on in its own: that of the step above while it has it still.
  #way(above: number, row: number): number {
    const own = this.#lane[above]!;
    if (this.#tip[own] === above) return own;
    const lane = this.#free(above);
    this.#used[lane] = Math.max(this.#used[lane] ?? -1, row - 1);
    return lane;
  }

  #link(above: number, below: number, lane: number): void {
    this.#links.push({ lane, above, below });
  }

  #free(after: number): number {
    const found = this.#used.findIndex((used) => used <= after);
    return found < 0 ? this.#used.length : found;
  }

  #close(lane: number, row: number): void {
    this.#used[lane] = row;
    this.#tip[lane] = null;
  }
}
