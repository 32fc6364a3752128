import type { LaneRow } from "./lanes";
import { StatusMark } from "../../ui/Status";

const LANE_PX = 14;
const MARK_PX = 14;

/** The lanes of one row: what passes by, what comes in, what leaves, and the step itself. */
export function TimelineGraph({ row, lanes, height, status }: { row: LaneRow; lanes: number; height: number; status: string }) {
  const middle = height / 2;
  const x = (lane: number) => lane * LANE_PX + LANE_PX / 2;
  const own = x(row.lane);
  const into = (lane: number) => `M${x(lane)} 0C${x(lane)} ${middle * 0.8} ${own} ${middle * 0.3} ${own} ${middle}`;
  const outOf = (lane: number) => `M${own} ${middle}C${own} ${height - middle * 0.3} ${x(lane)} ${middle * 1.2} ${x(lane)} ${height}`;
  return (
    <span className="lanes" style={{ width: lanes * LANE_PX + 2, height }}>
      <svg width={lanes * LANE_PX} height={height} aria-hidden="true">
        {row.passing.map((lane) => <path key={`p${lane}`} d={`M${x(lane)} 0V${height}`} />)}
        {row.from.map((lane) => <path key={`f${lane}`} d={into(lane)} />)}
        {row.to.map((lane) => <path key={`t${lane}`} d={outOf(lane)} />)}
      </svg>
      <span className="lane-mark" style={{ left: own - MARK_PX / 2, top: middle - MARK_PX / 2 }}><StatusMark status={status} label={false} /></span>
    </span>
  );
}
