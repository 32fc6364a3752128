// Lays a flow out beside the page, which goes on meanwhile.

import { laid, type Laid, type ToLay } from "./layout";
import type { Channel } from "./drawing";

export interface LayOut {
  readonly steps: readonly ToLay[];
  readonly channels: readonly Channel[];
  readonly aspect: number;
}

addEventListener("message", ({ data }: MessageEvent<LayOut>) => {
  postMessage(laid(data.steps, data.channels, data.aspect) satisfies Laid);
});
