import { words } from "../words";
import "./status.css";

const SHAPES: Record<string, string> = {
  pending: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11Z",
  running: "M8 2a6 6 0 1 0 0 12a6 6 0 0 0 0-12ZM3.5 8a4.5 4.5 0 0 0 9 0Z",
  waiting: "M4 3h3v10H4ZM9 3h3v10H9Z",
  retrying: "M13 3v4H9M12.4 7A5 5 0 1 0 13 9.5",
  completed: "M8 2a6 6 0 1 0 0 12a6 6 0 0 0 0-12Z",
  failed: "M4 4l8 8M12 4l-8 8",
  cancelled: "M3.5 3.5h9v9h-9Z",
  skipped: "M3 8h10",
};
const FILLED = new Set(["waiting", "completed", "cancelled"]);
const OF: Record<string, string> = {
  ready: "pending", queued: "pending", scheduled: "pending", decided: "running",
  cancelling: "running", failing: "running", parked: "waiting",
};

/** Which of the eight looks a status has. */
export function lookOf(status: string): string {
  return status in SHAPES ? status : (OF[status] ?? "pending");
}

/** A status by its shape and its colour alone; `label` is said to who does not see it. */
export function StatusMark({ status, label = true }: { status: string; label?: boolean }) {
  const look = lookOf(status);
  return (
    <svg className={`mark ${look}`} viewBox="0 0 16 16" width="16" height="16"
      role={label ? "img" : undefined} aria-hidden={label ? undefined : true} aria-label={label ? nameOf(status) : undefined}>
      <path d={SHAPES[look]} fill={FILLED.has(look) ? "currentColor" : "none"} fillRule="evenodd" />
      {look === "running" && <path d="M3 8a5 5 0 0 0 10 0Z" fill="currentColor" stroke="none" className="level" />}
    </svg>
  );
}

/** A status with its word. */
export function Status({ status }: { status: string }) {
  return (
    <span className={`status ${lookOf(status)}`}>
      <StatusMark status={status} label={false} />
      {nameOf(status)}
    </span>
  );
}

export function nameOf(status: string): string {
  const names: Record<string, string> = words.status;
  return names[status] ?? status;
}
