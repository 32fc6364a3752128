// The layout of a flow: made once a flow, beside the page, and kept.

import { useQuery } from "@tanstack/react-query";
import { asDrawn, laid, type Laid } from "./layout";
import type { LayOut } from "./layout.worker";
import type { Drawing } from "./drawing";

const AT_ONCE = 40;

/** Null until it is made. */
export function useLayout({ flow, steps, channels }: Drawing, run: string): Laid | null {
  const aspect = innerWidth < 768 ? 1.6 : 1.25;
  const found = useQuery({
    queryKey: ["run", "layout", flow, run, aspect], enabled: steps.length > 0, staleTime: Infinity, gcTime: 600_000,
    queryFn: () => (steps.length <= AT_ONCE ? here({ steps, channels, aspect }) : beside({
      steps: steps.map(({ step, place, after }) => ({ step, place, after })), channels, aspect,
    })),
  });
  return found.data ?? null;
}

async function here({ steps, channels, aspect }: LayOut): Promise<Laid> {
  return asDrawn(steps, channels) ?? laid(steps, channels, (await import("./byDagre")).byDagre, aspect);
}

function beside(flow: LayOut): Promise<Laid> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Laid>) => { worker.terminate(); resolve(data); };
    worker.onerror = (event) => { worker.terminate(); reject(new Error(event.message)); };
    worker.postMessage(flow);
  });
}
