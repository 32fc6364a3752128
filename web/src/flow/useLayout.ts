// The layout of a flow: made once, beside the page where it is large, and kept.

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { inLayers } from "./layers";
import { asDrawn, type Laid, type ToLay } from "./layout";

const MOST_AT_ONCE = 40;
const MOST_DRAWN_AT_ONCE = 1_000;
const KEPT_MS = 600_000;

/** Null until it is made. While another is made for as many boxes, the one before it stands. */
export function useLayout(flow: ToLay): Laid | null {
  const shape = useMemo(() => JSON.stringify(flow), [flow]);
  const { data } = useQuery({
    queryKey: ["layout", shape], staleTime: Infinity, gcTime: KEPT_MS, networkMode: "always",
    initialData: () => (flow.boxes.length <= MOST_DRAWN_AT_ONCE && asDrawn(flow)) || undefined, placeholderData: (before) => before,
    queryFn: () => (flow.boxes.length <= MOST_AT_ONCE ? here(flow) : beside(flow)).catch(() => inLayers(flow)),
  });
  return data?.places.length === flow.boxes.length ? data : null;
}

async function here(flow: ToLay): Promise<Laid> {
  return (await import("./byDagre")).byDagre(flow);
}

function beside(flow: ToLay): Promise<Laid> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Laid>) => { worker.terminate(); resolve(data); };
    worker.onerror = (event) => { worker.terminate(); reject(new Error(event.message)); };
    worker.postMessage(flow);
  });
}
