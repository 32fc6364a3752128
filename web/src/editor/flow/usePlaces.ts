import { useEffect, useMemo, useState } from "react";
import type { Drawing } from "./drawing";
import { inColumns, isPlaced, placesAsDrawn, type Places } from "./layout";

/** Where each node stands; null while a worker finds that out. */
export function usePlaces(drawing: Drawing): Places | null {
  const drawn = useMemo(() => (isPlaced(drawing) ? placesAsDrawn(drawing) : null), [drawing]);
  // Only what changes the picture asks for another: not each key that is typed into a node.
  const shape = useMemo(() => (drawn ? "" : shapeOf(drawing)), [drawing, drawn]);
  const [found, setFound] = useState<{ shape: string; places: Places } | null>(null);
  useEffect(() => {
    if (!shape) return;
    const worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Places>) => setFound({ shape, places: data });
    worker.onerror = () => setFound({ shape, places: inColumns(drawing) });
    worker.postMessage(drawing);
    return () => worker.terminate();
  }, [shape]);
  return drawn ?? (found && found.shape === shape ? found.places : null);
}

function shapeOf(drawing: Drawing): string {
  const nodes = drawing.nodes.map((node) => `${node.id}\t${Array.isArray(node.data.branches) ? node.data.branches.length : 0}`);
  return `${nodes.join("\n")}\n\n${drawing.edges.map((edge) => `${edge.source}\t${edge.target}`).join("\n")}`;
}
