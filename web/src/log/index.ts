export type { Blob, Fact, Fault, RunEvent, Usage } from "./facts";
export { type FeedListener, type FeedSource, openFeed } from "./feed";
export { History } from "./history";
export { type Link, SIGNED_OUT } from "./line";
export { fold, isAsking, isOver, reduce, standsInFor, statusOf } from "./reduce";
export { type Address, openRun, type RunNow, type RunSource } from "./stream";
export { type Call, EMPTY, type Failure, type Passage, type Phase, type RunStatus, type RunView, type StepStatus, type StepView } from "./view";
