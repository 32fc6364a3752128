// A drawn flow, to be looked at: nodes are chosen, found, and reached by keyboard; nothing is moved.

import { type Edge, MarkerType, MiniMap, type NodeChange, Panel, Position, ReactFlow, ReactFlowProvider, useReactFlow, useStoreApi } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { type ReactNode, useEffect, useMemo, useRef } from "react";
import { Arrange } from "../../flow/Arrange";
import { type Area, boundsOf } from "../../flow/groups";
import { Button } from "../../ui/Button";
import { words } from "../../words";
import { type Drawing, type DrawnNode, handlesOf, kindOf } from "./drawing";
import { FindNode } from "./FindNode";
import { type Card, type CardData, type CardMarks, type Change, FlowNode } from "./FlowNode";
import { useInSight } from "./inSight";
import { type Placed, type Places, ROW, usePlaces } from "./usePlaces";
import "./flow.css";

export interface Marks {
  problems?: ReadonlyMap<string, number>;
  warnings?: ReadonlyMap<string, number>;
  edited?: ReadonlySet<string>;
  changes?: ReadonlyMap<string, Change>;
}

export interface FlowViewProps extends Marks {
  drawing: Drawing;
  chosen: string | null;
  onChoose: (id: string | null) => void;
  /** Said beside the field that finds a node. */
  note?: ReactNode;
}

const TYPES = { card: FlowNode };
/** Of more than this the page shows a part at first: all at once would be too small to read. */
const MOST_AT_ONCE = 150;
const MOST_ON_MAP = 2_000;
/** As much of it a page has at least, in pixels. */
const LEAST_SEEN = { width: 340, height: 300 };
const ARROW = { type: MarkerType.ArrowClosed, width: 14, height: 14 };
const HEAD = 42;

export function FlowView(props: FlowViewProps) {
  const placed = usePlaces(props.drawing);
  if (!placed) return <div className="flow-view is-coming" role="status">{words.editor.layingOut}</div>;
  return <ReactFlowProvider><Canvas {...props} placed={placed} /></ReactFlowProvider>;
}

function Canvas({ drawing, chosen, onChoose, placed, note, ...marks }: FlowViewProps & { placed: Placed }) {
  const { places, laid: { isDown, isDrawn } } = placed;
  const { nodes, edges } = useInSight(useCards(drawing, placed, chosen, marks), useMemo(() => drawing.edges.map((edge, at) => edgeOf(edge, at, isDown)), [drawing.edges, isDown]), places);
  const isLarge = drawing.nodes.length > MOST_AT_ONCE;
  const first = places.values().next().value;
  const view = useReactFlow(), store = useStoreApi();
  const bounds = useMemo(() => boundsOf(places.values()), [places]);
  const smallest = isLarge ? 0.2 : 0.02;
  // Of what is too large to be seen at once the beginning is shown: its middle may be empty.
  const isTooLargeFor = ({ width, height }: { width: number; height: number }) => bounds.width * smallest > width || bounds.height * smallest > height;
  const isPart = isLarge || isTooLargeFor(LEAST_SEEN);
  // There something is in sight, without which the canvas would not look for what fits.
  const beginning = first && { x: 40 - first.x * 0.8, y: 120 - first.y * 0.8, zoom: 0.8 };
  const fit = () => {
    if (isTooLargeFor(store.getState()) && beginning) void view.setViewport(beginning);
    else void (nodes.length < places.size ? view.fitBounds(bounds) : view.fitView({ maxZoom: 1, padding: 0.06 }));
  };
  const shown = useRef(isDrawn);
  useEffect(() => {
    if (shown.current !== isDrawn) fit();
    shown.current = isDrawn;
  }, [isDrawn]);
  const jump = (id: string) => {
    onChoose(id);
    const place = places.get(id);
    if (place) void view.setCenter(place.x + place.width / 2, place.y + 32, { zoom: Math.max(view.getZoom(), 0.8) });
  };
  const change = (changes: NodeChange<Card>[]) => {
    for (const each of changes) if (each.type === "select" && each.selected) onChoose(each.id);
  };
  return (
    <div className="flow-view">
      <ReactFlow<Card> nodes={nodes} edges={edges} nodeTypes={TYPES} onNodesChange={change} onPaneClick={() => onChoose(null)}
        nodesDraggable={false} nodesConnectable={false} edgesFocusable={false} onlyRenderVisibleElements deleteKeyCode={null}
        multiSelectionKeyCode={null} selectionKeyCode={null} minZoom={smallest} maxZoom={1.6} aria-label={words.editor.flow}
        fitView={!isPart} fitViewOptions={{ maxZoom: 1, padding: 0.06 }} {...(beginning && { defaultViewport: beginning })}>
        <Panel position="top-left" className="row"><FindNode drawing={drawing} onFound={jump} />{note}</Panel>
        <Panel position="bottom-left" className="row">
          <Button small onPress={() => void view.zoomOut()} aria-label={words.editor.zoomOut}>−</Button>
          <Button small onPress={() => void view.zoomIn()} aria-label={words.editor.zoomIn}>+</Button>
          <Button small onPress={fit}>{words.flow.fit}</Button>
          <Arrange flow={placed.flow} laid={placed.laid} />
          <span className="quiet small">{drawing.nodes.length.toLocaleString("en")} {words.editor.steps}</span>
        </Panel>
        {drawing.nodes.length > 8 && drawing.nodes.length <= MOST_ON_MAP && <MiniMap<Card> pannable zoomable ariaLabel={words.flow.map} nodeClassName={({ data }) => (data.drawn.type === "group" ? "is-group" : data.problems > 0 ? "is-bad" : "")} />}
        <Follow chosen={chosen} places={places} />
      </ReactFlow>
    </div>
  );
}

/** What is chosen elsewhere (a list, an address) is brought into sight. */
function Follow({ chosen, places }: { chosen: string | null; places: Places }) {
  const view = useReactFlow();
  const shown = useRef<string | null>(null);
  useEffect(() => {
    const place = chosen ? places.get(chosen) : undefined;
    if (!place || shown.current === chosen) return;
    shown.current = chosen;
    const box = document.querySelector(".flow-view")?.getBoundingClientRect();
    if (!box) return;
    const at = view.flowToScreenPosition({ x: place.x + place.width / 2, y: place.y + 32 });
    const isSeen = at.x > box.left && at.x < box.right && at.y > box.top && at.y < box.bottom;
    if (!isSeen) void view.setCenter(place.x + place.width / 2, place.y + 32, { zoom: Math.max(view.getZoom(), 0.6) });
  }, [chosen, places, view]);
  return null;
}

/** The cards; those that did not change are the same objects, which are not drawn anew. */
function useCards(drawing: Drawing, { places, laid: { isDown } }: Placed, chosen: string | null, { problems, warnings, edited, changes }: Marks): Card[] {
  const before = useRef(new Map<string, Card>());
  const cards = useMemo(() => {
    const next = new Map<string, Card>();
    for (const drawn of drawing.nodes) {
      const old = before.current.get(drawn.id);
      const area = places.get(drawn.id);
      if (!area) continue;
      const marks = {
        problems: problems?.get(drawn.id) ?? 0, warnings: warnings?.get(drawn.id) ?? 0,
        isDown, isEdited: edited?.has(drawn.id) ?? false, change: changes?.get(drawn.id) ?? null,
      };
      next.set(drawn.id, old && isAlike(old, area, { drawn, ...marks }) ? old : cardOf(drawn, area, marks));
    }
    before.current = next;
    return [...next.values()];
  }, [drawing, places, isDown, problems, warnings, edited, changes]);
  // To choose another touches that card alone, however many there are.
  return useMemo(() => {
    const at = chosen === null ? -1 : cards.findIndex((card) => card.id === chosen);
    const card = cards[at];
    return card ? cards.with(at, { ...card, selected: true }) : cards;
  }, [cards, chosen]);
}

function isAlike({ position, width, height, data }: Card, area: Area, { drawn, isDown, problems, warnings, isEdited, change }: CardData): boolean {
  return position.x === area.x && position.y === area.y && width === area.width && height === area.height && data.drawn === drawn
    && data.isDown === isDown && data.problems === problems && data.warnings === warnings && data.isEdited === isEdited && data.change === change;
}

function cardOf(drawn: DrawnNode, { x, y, width, height }: Area, marks: CardMarks): Card {
  const says = [drawn.label, kindOf(drawn.type), marks.problems > 0 ? `${marks.problems} ${words.editor.problems}` : "", marks.isEdited ? words.editor.unsaved : ""];
  return {
    id: drawn.id, type: "card", position: { x, y }, width, height, measured: { width, height }, zIndex: drawn.type === "group" ? -1 : 0,
    selected: false, ariaLabel: says.filter(Boolean).join(", "), data: { drawn, ...marks }, handles: handlesAt(drawn, { width, height }, marks.isDown), connectable: false,
  };
}

/** Where edges begin and end is known beforehand, so that nodes out of sight need not be drawn for it. */
function handlesAt(drawn: DrawnNode, { width, height }: Pick<Area, "width" | "height">, isDown: boolean): NonNullable<Card["handles"]> {
  const point = { width: 1, height: 1 };
  const into = { ...point, type: "target" as const, ...(isDown ? { position: Position.Top, x: width / 2, y: 0 } : { position: Position.Left, x: 0, y: HEAD / 2 + 11 }) };
  const out = { ...point, type: "source" as const };
  const names = handlesOf(drawn);
  if (names.length > 0) {
    return [into, ...names.map((id, at) => ({
      ...out, id, ...(isDown ? { position: Position.Bottom, x: width * (at + 1) / (names.length + 1), y: height } : { position: Position.Right, x: width, y: 63 + at * ROW + ROW / 2 }),
    }))];
  }
  return [into, { ...out, ...(isDown ? { position: Position.Bottom, x: width / 2, y: height } : { position: Position.Right, x: width, y: height / 2 }) }];
}

function edgeOf(edge: Drawing["edges"][number], at: number, isDown: boolean): Edge {
  return {
    id: `${at}`, source: edge.source, target: edge.target, sourceHandle: edge.handle, className: "channel", focusable: false,
    markerEnd: ARROW, ...(isDown && edge.handle !== null && { label: edge.handle }),
  };
}
