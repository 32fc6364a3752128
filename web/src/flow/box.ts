// A node as it is laid out.

import type { Place } from "./drawn";

export const WIDTH = 224;

export interface Box {
  readonly height: number;
  /** Where it was drawn; null where nobody said. */
  readonly place: Place | null;
  /** Whether it may lie on others, as notes and groups do. */
  readonly isLoose?: boolean;
}
