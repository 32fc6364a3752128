import { later } from "../ui/later";

/** See `ForkDialog.tsx`, which is loaded when somebody forks. */
export const ForkDialog = later(() => import("./ForkDialog").then((found) => found.ForkDialog));
