export type { Blob, Fact, Fault, RunEvent, Usage } from "./facts.js";
export { type FeedListener, type FeedSource, openFeed } from "./feed.js";
export { History } from "./history.js";
export { type Link, SIGNED_OUT } from "./wire/line.js";
export { fold, isAsking, isOver, reduce, standsInFor, statusOf } from "./reduce.js";
export { type Address, openRun, type RunNow, type RunSource } from "./stream.js";
export { type Call, type Citation, EMPTY, type Failure, type Passage, type Phase, type RunStatus, type RunView, type StepStatus, type StepView } from "./view.js";
