// Lays a flow out beside the page, which goes on meanwhile.

import { byDagre } from "./byDagre";
import { laid, type Laid, type ToLay } from "./layout";
import type { Channel } from "./drawing";

export interface LayOut {
  readonly steps: readonly ToLay[];
  readonly channels: readonly Channel[];
  readonly aspect: number;
}

addEventListener("message", ({ data }: MessageEvent<LayOut>) => {
  postMessage(laid(data.steps, data.channels, byDagre, data.aspect) satisfies Laid);
});
