import { duration } from "../../ui/figures";
import { StatusMark } from "../../ui/Status";
import { words } from "../../words";
import type { Axis } from "./axis";
import type { Mark, Row, Span } from "./spans";

const LABEL_PX = 64;
const LEAST_PX = 2;
const SHAPE: Record<Mark, string> = { completed: "completed", failed: "failed", cancelled: "cancelled", skipped: "skipped", kept: "completed" };

/** What a step was at, as bars on the axis, and how its attempts ended. `until` is now, or the end. */
export function TimelineBars({ row, axis, until }: { row: Row | undefined; axis: Axis; until: number }) {
  const { from = 0 } = axis.pieces[0] ?? {}, { to = 0 } = axis.pieces.at(-1) ?? {};
  const isSeen = (a: number, b: number) => b >= from && a <= to;
  return (
    <span className="bars">
      {row?.spans.filter((span) => isSeen(span.from, span.to ?? until)).map((span, at) => (
        <Bar key={at} span={span} axis={axis} until={until} />
      ))}
      {row?.marks.filter(({ at }) => isSeen(at, at)).map(({ mark, at, attempt }) => (
        <span key={`${attempt}${mark}`} className={`end-mark ${mark}`} style={{ left: axis.place(at) }}><StatusMark status={SHAPE[mark]} label={false} /></span>
      ))}
    </span>
  );
}

function Bar({ span, axis, until }: { span: Span; axis: Axis; until: number }) {
  const left = axis.place(span.from);
  const width = Math.max(LEAST_PX, axis.place(span.to ?? until) - left);
  const said = span.tool ? `${words.time.tool}: ${span.tool}` : words.time[span.doing];
  const took = duration((span.to ?? until) - span.from);
  const more = span.isResumed ? `, ${words.time.resumed}` : "";
  return (
    <span className={`bar-of ${span.doing}${span.isResumed ? " is-resumed" : ""}${span.to === null ? " is-open" : ""}`}
      style={{ left, width }} title={`${said}, ${took}, ${words.time.attempt} ${span.attempt}${more}`}>
      {span.tool && width > LABEL_PX && <span className="clip">{span.tool}</span>}
    </span>
  );
}
