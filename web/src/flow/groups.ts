// The groups that people drew around steps: as large as what is in them.

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How far a group reaches beyond what is in it; above is its name. */
const MARGIN = { side: 20, above: 56 };

/** Each group around its steps, and around the groups in it; `parents` tells of steps and groups which group they are in. */
export function groupsAround(steps: ReadonlyMap<string, Area>, parents: ReadonlyMap<string, string | null>): Map<string, Area> {
  const groups = new Map<string, Area>();
  for (const [step, area] of steps) {
    let inner = area;
    const seen = new Set<string>();
    for (let group = parents.get(step); group && parents.has(group) && !seen.has(group); group = parents.get(group)) {
      seen.add(group);
      const known = groups.get(group), around = widened(inner);
      inner = known ? boundsOf([known, around]) : around;
      groups.set(group, inner);
    }
  }
  return groups;
}

function widened({ x, y, width, height }: Area): Area {
  return { x: x - MARGIN.side, y: y - MARGIN.above, width: width + 2 * MARGIN.side, height: height + MARGIN.side + MARGIN.above };
}

export function boundsOf(areas: Iterable<Area>): Area {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y, width, height } of areas) {
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x + width), Math.max(bottom, y + height)];
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}
