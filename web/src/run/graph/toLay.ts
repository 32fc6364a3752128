// The steps of a run as boxes that are laid out.

import type { ToLay } from "../../flow/layout";
import type { Drawing } from "./drawing";

export const HEIGHT = 100;
const NARROW = 768;

export function toLay({ steps, channels }: Drawing, isArranged: boolean): ToLay {
  return {
    boxes: steps.map(({ place }) => ({ height: HEIGHT, place })), lines: channels.map(({ from, to }) => ({ from, to })),
    aspect: innerWidth < NARROW ? 1.6 : 1.25, isArranged,
  };
}
