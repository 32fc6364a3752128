// The flow that was drawn, as it fills. Far off it is one picture; near by each step is a thing of the
// page, if it is in sight: so a thousand steps, or five, weigh little.

import { getViewportForBounds, MiniMap, type MiniMapNodeProps, ReactFlow, ReactFlowProvider, useReactFlow, useStore, useViewport } from "@xyflow/react";
import { type KeyboardEvent, type MouseEvent, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import "@xyflow/react/dist/base.css";
import { Arrange, useArranged } from "../../flow/Arrange";
import type { Place } from "../../flow/drawn";
import { boundsOf } from "../../flow/groups";
import { WIDTH } from "../../flow/box";
import type { Laid } from "../../flow/layout";
import { useLayout } from "../../flow/useLayout";
import type { RunView } from "../../log/index";
import { Button } from "../../ui/Button";
import { Refused } from "../../ui/Notice";
import { lookOf } from "../../ui/Status";
import { words } from "../../words";
import { Channels } from "./Channels";
import { useCosts } from "../costs";
import { useRunPage, useStep } from "../context";
import { FindStep } from "./FindStep";
import { type FlowNode, GraphNode } from "./GraphNode";
import { Notes } from "../noted";
import { type Group, groupsOf } from "./groups";
import { HEIGHT, toLay } from "./toLay";
import { nextStep } from "./walk";
import "./graph.css";

const TYPES = { step: GraphNode };
const FAR = 0.42;
const FEW = 60;
// More than these make a map that costs more than it tells: the picture from afar is one.
const MOST_ON_MAP = 600;
const NARROW = 500;
const SMALLEST = 0.02;
// What stands over the upper left of the picture, in pixels.
const TOOLS = { width: 360, height: 48 };
const NONE: FlowNode[] = [];

export function Graph() {
  const { drawing, refused } = useRunPage();
  const isArranged = useArranged();
  const flow = useMemo(() => toLay(drawing, isArranged), [drawing, isArranged]);
  const laid = useLayout(flow);
  if (refused) return <div className="run-graph"><Refused error={refused} /></div>;
  if (!laid || drawing.steps.length === 0) return <div className="run-graph" aria-busy="true"><p className="run-graph-wait quiet" role="status">{words.run.drawing}</p></div>;
  return <ReactFlowProvider><Flow laid={laid} arrange={<Arrange flow={flow} laid={laid} />} /></ReactFlowProvider>;
}

function Flow({ laid, arrange }: { laid: Laid; arrange: ReactNode }) {
  const { drawing, selected, setSelected } = useRunPage();
  const costs = useCosts();
  const nodes = useMemo(() => {
    const cost = new Map(costs?.steps.map((each) => [each.step, each.cost_usd]));
    return drawing.steps.map((node): FlowNode => ({
      id: String(node.step), type: "step", position: laid.places[node.step] ?? { x: 0, y: 0 }, width: WIDTH, height: HEIGHT,
      // Said, so that nothing out of sight is made only to be measured.
      measured: { width: WIDTH, height: HEIGHT }, handles: [],
      data: { node, cost: cost.get(node.step) },
    }));
  }, [drawing, laid, costs]);
  const groups = useMemo(() => groupsOf(drawing, laid), [drawing, laid]);
  const notes = useMemo(() => new Notes(), []);
  const [isFar, setFar] = useState(nodes.length > FEW);
  const { fit, show, isPlaced } = useSight(laid, groups, setFar);
  const flow = useReactFlow();
  const walk = useCallback((event: KeyboardEvent) => {
    const next = nextStep(event.key, selected, laid, drawing);
    if (next === null || (event.target as Element).closest("input")) return;
    event.preventDefault();
    setSelected(next);
    show(next);
  }, [selected, laid, drawing, setSelected, show]);
  const press = useCallback((event: MouseEvent | globalThis.MouseEvent) => {
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const found = isFar ? laid.places.findIndex((at) => x >= at.x && x <= at.x + WIDTH && y >= at.y && y <= at.y + HEIGHT) : -1;
    setSelected(found < 0 ? null : found);
    if (found >= 0) show(found);
  }, [flow, isFar, laid, setSelected, show]);
  return (
    <div className="run-graph" role="group" aria-label={words.run.flow} onKeyDown={walk}>
      <ReactFlow
        nodes={isFar ? NONE : nodes} edges={[]} nodeTypes={TYPES} onlyRenderVisibleElements
        nodesDraggable={false} nodesConnectable={false} nodesFocusable={false} elementsSelectable={false} edgesFocusable={false}
        minZoom={SMALLEST} maxZoom={1.6} defaultViewport={{ x: 0, y: 0, zoom: nodes.length > FEW ? SMALLEST : 1 }} panOnScroll zoomOnDoubleClick={false} disableKeyboardA11y
        onPaneClick={press} onNodeClick={noop} proOptions={{ hideAttribution: true }}
      >
        <Channels laid={laid} groups={groups} isFar={isFar} notes={notes} />
        {isPlaced && <Distance steps={nodes.length} onFar={setFar} />}
        {!isFar && nodes.length > 12 && nodes.length <= MOST_ON_MAP && <MiniMap nodeComponent={MapNode} pannable zoomable ariaLabel={words.flow.map} />}
      </ReactFlow>
      <div className="run-graph-tools">
        <FindStep onFound={(step) => { setSelected(step); show(step); }} />
        <Button small onPress={fit}>{words.flow.fit}</Button>
        {arrange}
      </div>
    </div>
  );
}

const noop = () => undefined;

// A flow of few steps keeps its steps at any distance.
function isFarAt(zoom: number, steps: number): boolean {
  return zoom < FAR && steps > 12;
}

function Distance({ steps, onFar }: { steps: number; onFar: (isFar: boolean) => void }) {
  const { zoom } = useViewport();
  const isFar = isFarAt(zoom, steps);
  useEffect(() => onFar(isFar), [isFar, onFar]);
  return null;
}

// What is in sight: all of it, or one step, which then has the keyboard.
function useSight({ places }: Laid, groups: readonly Group[], onFar: (isFar: boolean) => void) {
  const flow = useReactFlow();
  const width = useStore((state) => state.width), height = useStore((state) => state.height);
  const { selected, source } = useRunPage();
  const bounds = useMemo(() => boundsOf([...places.map((place) => ({ ...place, width: WIDTH, height: HEIGHT })), ...groups.map(({ area }) => area)]), [places, groups]);
  const fitted = useCallback(() => {
    if (bounds.width * SMALLEST > width || bounds.height * SMALLEST > height) return around(places[currentStep(source.history.latest)] ?? places[0]!, width, height);
    const whole = getViewportForBounds(bounds, width, height, SMALLEST, 1.1, 0.08);
    const left = bounds.x * whole.zoom + whole.x, top = bounds.y * whole.zoom + whole.y;
    // What lies over the picture keeps its own place.
    const above = left < TOOLS.width && top < TOOLS.height ? TOOLS.height : 0;
    const { x, y, zoom } = above === 0 ? whole : getViewportForBounds(bounds, width, height - above, SMALLEST, 1.1, 0.08);
    return { x, y: y + above, zoom };
  }, [bounds, width, height, places, source]);
  // First it is one picture: else all steps would be made to be seen from afar.
  const fit = useCallback(() => {
    const next = fitted();
    flushSync(() => onFar(isFarAt(next.zoom, places.length)));
    void flow.setViewport(next);
  }, [flow, fitted, onFar, places]);
  const center = useCallback((step: number) => {
    const place = places[step];
    if (place) void flow.setCenter(place.x + WIDTH / 2, place.y + HEIGHT / 2, { zoom: Math.max(flow.getZoom(), 0.75) });
  }, [flow, places]);
  const show = useCallback((step: number) => {
    center(step);
    requestAnimationFrame(() => setTimeout(() => document.querySelector<HTMLElement>(`[data-step="${step}"]`)?.focus({ preventScroll: true }), 60));
  }, [center]);
  const begun = useRef<{ width: number; height: number; places: Laid["places"] } | null>(null);
  const [isPlaced, place] = useState(false);
  useEffect(() => {
    const old = begun.current;
    const isMoved = old !== null && old.places !== places;
    if (!width || old && !isMoved && Math.abs(width - old.width) < 100 && Math.abs(height - old.height) < 100) return;
    const isFirst = old === null;
    begun.current = { width, height, places };
    const isNarrow = width < NARROW && places.length > 3;
    if (isFirst && selected !== null && (isNarrow || places.length > FEW) && places[selected]) show(selected);
    else if (isFirst && isNarrow && places.length <= FEW) center(currentStep(source.history.latest));
    else if (old && !isMoved && places.length > FEW && flow.getZoom() >= FAR) {
      // Who looks at a part of many steps goes on looking at it.
      const { x, y, zoom } = flow.getViewport();
      void flow.setViewport({ x: x + (width - old.width) / 2, y: y + (height - old.height) / 2, zoom });
    } else void flow.setViewport(fitted());
    place(true);
  }, [flow, width, height, fitted, show, center, selected, places, source]);
  return { fit, show, isPlaced };
}

// Of more than can be seen at once a part is.
function around({ x, y }: Place, width: number, height: number) {
  const zoom = 0.75;
  return { x: width / 2 - (x + WIDTH / 2) * zoom, y: height / 2 - (y + HEIGHT / 2) * zoom, zoom };
}

// Where the run stands: the first step that is under way or asks, else the last that began.
function currentStep({ steps }: RunView): number {
  const busy = steps.findIndex((step) => step && ["running", "waiting", "retrying", "failed"].includes(step.status));
  return busy >= 0 ? busy : Math.max(0, steps.length - 1);
}

function MapNode({ id, x, y, width, height }: MiniMapNodeProps) {
  const step = useStep(Number(id));
  return <rect className={`run-map-node ${lookOf(step?.status ?? "pending")}`} x={x} y={y} width={width} height={height} rx={12} />;
}
