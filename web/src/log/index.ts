export type { Blob, Fact, Fault, RunEvent, Usage } from "./facts";
export { History } from "./history";
export { fold, isAsking, isOver, reduce, standsInFor, statusOf } from "./reduce";
export { type Link, type RunSource, openRun } from "./stream";
export { type Call, EMPTY, type Failure, type Passage, type Phase, type RunStatus, type RunView, type StepStatus, type StepView } from "./view";
