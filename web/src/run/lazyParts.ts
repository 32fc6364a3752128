// Parts of a run's page that are loaded when they are first shown.

import { later } from "../ui/later";

export const Sources = later(() => import("./story/Sources").then((found) => found.Sources));
export const Decide = later(() => import("./story/Decide").then((found) => found.Decide));
export const Facts = later(() => import("./facts/Facts").then((found) => found.Facts));
export const ForkDialog = later(() => import("./fork/ForkDialog").then((found) => found.ForkDialog));
export const LargeText = later(() => import("./text/LargeText").then((found) => found.LargeText));
export const ScrubberChanges = later(() => import("./scrubber/Changes").then((found) => found.ScrubberChanges));
export const Timeline = later(() => import("./timeline/Timeline").then((found) => found.Timeline));
