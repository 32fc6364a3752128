// Lays a flow out beside the page, which goes on meanwhile.

import { byDagre } from "./byDagre";
import { inLayers } from "./layers";
import { asDrawn, type ToLay } from "./layout";

const MOST_FOR_DAGRE = 400;

self.onmessage = ({ data }: MessageEvent<ToLay>) => {
  const lay = data.boxes.length > MOST_FOR_DAGRE ? inLayers : byDagre;
  self.postMessage(asDrawn(data) ?? lay(data));
};
