// Parts of a run's page that are loaded when they are first shown.

import { later } from "../ui/later";

export const Decide = later(() => import("./Decide").then((found) => found.Decide));
export const Facts = later(() => import("./Facts").then((found) => found.Facts));
export const ForkDialog = later(() => import("./ForkDialog").then((found) => found.ForkDialog));
export const LargeText = later(() => import("./LargeText").then((found) => found.LargeText));
export const Timeline = later(() => import("./Timeline").then((found) => found.Timeline));
