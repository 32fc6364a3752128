import { useEffect, useMemo, useState } from "react";
import type { Drawing } from "./drawing";
import { inColumns, isPlaced, placesAsDrawn, type Places } from "./layout";

/** Where each node stands; null while a worker finds that out. What was found stands until there is more. */
export function usePlaces(drawing: Drawing): Places | null {
  const drawn = useMemo(() => (isPlaced(drawing) ? placesAsDrawn(drawing) : null), [drawing]);
  // Only what changes the picture asks for another: not each key that is typed into a node, nor its name.
  const shape = useMemo(() => (drawn ? "" : shapeOf(drawing)), [drawing, drawn]);
  const ids = useMemo(() => drawing.nodes.map((node) => node.id).join("\n"), [drawing]);
  const [found, setFound] = useState<({ x: number; y: number } | undefined)[] | null>(null);
  useEffect(() => {
    if (!shape) return;
    const worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    const set = (places: Places) => setFound(drawing.nodes.map((node) => places.get(node.id)));
    worker.onmessage = ({ data }: MessageEvent<Places>) => set(data);
    worker.onerror = () => set(inColumns(drawing));
    worker.postMessage(drawing);
    return () => worker.terminate();
  }, [shape]);
  return useMemo(() => {
    if (drawn || found?.length !== drawing.nodes.length) return drawn;
    return new Map(drawing.nodes.map((node, at) => [node.id, found[at] ?? { x: 0, y: 0 }]));
  }, [drawn, found, ids]);
}

/** Nodes count by their order: one that is renamed stays where it is. */
function shapeOf(drawing: Drawing): string {
  const order = new Map(drawing.nodes.map((node, at) => [node.id, at]));
  const nodes = drawing.nodes.map((node) => `${node.type}\t${Array.isArray(node.data.branches) ? node.data.branches.length : 0}`);
  return `${nodes.join("\n")}\n\n${drawing.edges.map((edge) => `${order.get(edge.source)}\t${order.get(edge.target)}`).join("\n")}`;
}
