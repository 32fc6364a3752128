// The channels between the steps, drawn on one canvas: a thousand of them cost one picture.

import { useStore, type ReactFlowState } from "@xyflow/react";
import { useEffect, useRef } from "react";
import type { Place } from "../../flow/drawn";
import { WIDTH } from "../../flow/box";
import type { Laid } from "../../flow/layout";
import type { RunView } from "../../log/index";
import { lookOf } from "../../ui/Status";
import { flowing, level, type Flowing } from "./flowing";
import { useRunPage, useShown } from "../context";
import type { Channel, Drawing } from "./drawing";
import type { Group } from "./groups";
import { HEIGHT } from "./toLay";
import type { Notes } from "../noted";

const COLOURS = ["line", "line-strong", "accent", "sheet", "waiting", "quiet", "completed", "failed", "running", "pending", "retrying", "cancelled", "skipped", "page"] as const;
type Colours = Readonly<Record<string, string>>;
type Scene = { drawing: Drawing; laid: Laid; groups: readonly Group[]; view: RunView; notes: Notes; at: number | null; isFar: boolean; selected: number | null };

const transformOf = ({ transform, width, height }: ReactFlowState) => `${transform.join()},${width},${height}`;

export function Channels({ laid, groups, isFar, notes }: { laid: Laid; groups: readonly Group[]; isFar: boolean; notes: Notes }) {
  const { drawing, source, at, selected } = useRunPage();
  const view = useShown();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [x = 0, y = 0, zoom = 1, width = 0, height = 0] = useStore(transformOf).split(",").map(Number);
  const scene = useRef<Scene>({ drawing, laid, groups, view, notes, at, isFar, selected });
  scene.current = { drawing, laid, groups, view, notes, at, isFar, selected };
  useEffect(() => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    let frame = 0, last = 0;
    const paint = (now: number) => {
      frame = 0;
      const isMoving = now - last < 40 && last > 0 ? true : draw(canvas.current, scene.current, { x, y, zoom, width, height }, source.history.events, now);
      if (now - last >= 40) last = now;
      if (isMoving && !still) frame = requestAnimationFrame(paint);
    };
    frame = requestAnimationFrame(paint);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const again = () => { if (!frame) { last = 0; frame = requestAnimationFrame(paint); } };
    dark.addEventListener("change", again);
    return () => { cancelAnimationFrame(frame); dark.removeEventListener("change", again); };
  }, [x, y, zoom, width, height, view, laid, isFar, at, selected, source]);
  return <canvas ref={canvas} className="run-channels" aria-hidden="true" />;
}

interface Port { x: number; y: number; zoom: number; width: number; height: number }

// Whether something in it moves.
function draw(canvas: HTMLCanvasElement | null, scene: Scene, port: Port, events: Events, now: number): boolean {
  const context = canvas?.getContext("2d");
  if (!canvas || !context || !port.width) return false;
  const ratio = devicePixelRatio || 1, { width, height } = port;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.setTransform(ratio * port.zoom, 0, 0, ratio * port.zoom, port.x * ratio, port.y * ratio);
  const colours = coloursOf(canvas);
  const seen = seenOf(port);
  paintGroups(context, scene, colours);
  const isMoving = scene.isFar ? paintFar(context, scene, seen, colours, events) : paintNear(context, scene, seen, colours, events, now);
  return isMoving && scene.at === null && scene.view.endedAt === null;
}

type Events = Parameters<Notes["of"]>[0];

function flowingIn({ view: { steps }, notes, at }: Scene, { from, to, branch }: Channel, events: Events): Flowing {
  return flowing(steps[from], steps[to], branch, notes.of(events, from), at ?? Infinity);
}

function paintGroups(context: CanvasRenderingContext2D, { groups, isFar }: Scene, colours: Colours): void {
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.font = isFar ? "600 24px system-ui, sans-serif" : "600 13px system-ui, sans-serif";
  for (const { label, area: { x, y, width, height } } of groups) {
    context.beginPath();
    context.roundRect(x, y, width, height, 8);
    stroke(context, colours["line-strong"], isFar ? 3 : 1, [4, 4]);
    context.fillStyle = colours.quiet ?? "";
    const most = Math.floor((width - 28) / (isFar ? 14 : 7.5));
    context.fillText(label.length > most ? `${label.slice(0, most)}…` : label, x + 14, y + 28);
  }
}

// Whether something in it moves. What is dry lies below what is full.
function paintNear(context: CanvasRenderingContext2D, scene: Scene, seen: Box, colours: Colours, events: Events, now: number): boolean {
  let isMoving = false;
  const full: (() => void)[] = [];
  for (const channel of scene.drawing.channels) {
    const ends = endsOf(scene.laid, channel.from, channel.to);
    if (!ends || !isSeen(ends, seen)) continue;
    const is = flowingIn(scene, channel, events);
    isMoving ||= is === "filling";
    const paint = () => {
      paintChannel(context, ends, is, colours, now);
      if (channel.branch) paintBranch(context, ends, channel.branch, colours);
    };
    if (is === "dry" || is === "not-taken") paint();
    else full.push(paint);
  }
  for (const paint of full) paint();
  return isMoving;
}

// From afar all channels of a kind are one line.
function paintFar(context: CanvasRenderingContext2D, scene: Scene, seen: Box, colours: Colours, events: Events): false {
  const lines = { dry: new Path2D(), full: new Path2D() };
  for (const channel of scene.drawing.channels) {
    const ends = endsOf(scene.laid, channel.from, channel.to);
    if (!ends || !isSeen(ends, seen)) continue;
    const is = flowingIn(scene, channel, events);
    const line = is === "dry" || is === "not-taken" ? lines.dry : lines.full;
    line.moveTo(ends.from.x, ends.from.y);
    line.lineTo(ends.to.x, ends.to.y);
  }
  context.setLineDash([]);
  context.lineWidth = 5;
  context.strokeStyle = colours.line ?? "";
  context.stroke(lines.dry);
  context.strokeStyle = colours.accent ?? "";
  context.stroke(lines.full);
  paintSteps(context, scene, seen, colours);
  return false;
}

let known: { colours: Colours; scheme: string } | null = null;
function coloursOf(canvas: HTMLCanvasElement): Colours {
  const style = getComputedStyle(canvas), scheme = style.getPropertyValue("background-color") + style.colorScheme + style.color;
  if (known?.scheme === scheme) return known.colours;
  // A colour of both schemes is one only where it is used: it is asked of an element.
  const probe = document.body.appendChild(document.createElement("i"));
  const colours: Record<string, string> = {};
  for (const name of COLOURS) { probe.style.color = `var(--${name})`; colours[name] = getComputedStyle(probe).color; }
  probe.remove();
  known = { colours, scheme };
  return colours;
}

interface Ends { from: Place; to: Place; isDown: boolean }

function endsOf({ places, isDown }: Laid, from: number, to: number): Ends | null {
  const a = places[from], b = places[to];
  if (!a || !b) return null;
  return isDown
    ? { from: { x: a.x + WIDTH / 2, y: a.y + HEIGHT }, to: { x: b.x + WIDTH / 2, y: b.y }, isDown }
    : { from: { x: a.x + WIDTH, y: a.y + HEIGHT / 2 }, to: { x: b.x, y: b.y + HEIGHT / 2 }, isDown };
}

interface Box { left: number; top: number; right: number; bottom: number }

function seenOf({ x, y, zoom, width, height }: Port): Box {
  return { left: -x / zoom, top: -y / zoom, right: (width - x) / zoom, bottom: (height - y) / zoom };
}

function isSeen({ from, to }: Ends, box: Box): boolean {
  return Math.max(from.x, to.x) >= box.left - 80 && Math.min(from.x, to.x) <= box.right + 80 &&
    Math.max(from.y, to.y) >= box.top - 80 && Math.min(from.y, to.y) <= box.bottom + 80;
}

function curve(context: CanvasRenderingContext2D, { from, to, isDown }: Ends): void {
  const bend = Math.max(28, Math.abs(isDown ? to.y - from.y : to.x - from.x) / 2);
  context.beginPath();
  context.moveTo(from.x, from.y);
  if (isDown) context.bezierCurveTo(from.x, from.y + bend, to.x, to.y - bend, to.x, to.y);
  else context.bezierCurveTo(from.x + bend, from.y, to.x - bend, to.y, to.x, to.y);
}

function stroke(context: CanvasRenderingContext2D, colour: string | undefined, width: number, dash: number[] = [], offset = 0): void {
  context.strokeStyle = colour ?? "";
  context.lineWidth = width;
  context.setLineDash(dash);
  context.lineDashOffset = offset;
  context.stroke();
}

function paintChannel(context: CanvasRenderingContext2D, ends: Ends, is: Flowing, colours: Colours, now: number): void {
  curve(context, ends);
  context.lineCap = "butt";
  if (is === "not-taken") return stroke(context, colours.line, 1.5, [3, 5]);
  stroke(context, colours.line, 7);
  stroke(context, colours.sheet, 5);
  if (is === "dry") return;
  if (is === "filling") {
    stroke(context, colours.accent, 3, [], 0);
    return stroke(context, colours.sheet, 3, [3, 13], -now / 28);
  }
  stroke(context, colours.accent, 4);
  if (is === "gate") paintGate(context, ends, colours);
}

function paintGate(context: CanvasRenderingContext2D, { to, isDown }: Ends, colours: Colours): void {
  context.fillStyle = colours.waiting ?? "";
  for (const back of [9, 16]) {
    if (isDown) context.fillRect(to.x - 10, to.y - back, 20, 4);
    else context.fillRect(to.x - back, to.y - 10, 4, 20);
  }
}

function paintBranch(context: CanvasRenderingContext2D, { from, to, isDown }: Ends, branch: string, colours: Colours): void {
  const x = from.x + (to.x - from.x) * (isDown ? 0.5 : 0.42), y = from.y + (to.y - from.y) * (isDown ? 0.42 : 0.5);
  const text = branch.length > 18 ? `${branch.slice(0, 17)}…` : branch;
  context.font = "500 11px system-ui, sans-serif";
  const width = context.measureText(text).width + 10;
  context.fillStyle = colours.page ?? "";
  context.fillRect(x - width / 2, y - 8, width, 16);
  context.fillStyle = colours.quiet ?? "";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y + 0.5);
}

function paintSteps(context: CanvasRenderingContext2D, { laid, view, drawing, selected }: Scene, box: Box, colours: Colours): void {
  const isNamed = box.right - box.left < 9_000;
  context.lineWidth = 4;
  context.strokeStyle = colours.line ?? "";
  context.font = "500 24px system-ui, sans-serif";
  context.textBaseline = "middle";
  context.textAlign = "left";
  laid.places.forEach(({ x, y }, number) => {
    if (x > box.right || x + WIDTH < box.left || y > box.bottom || y + HEIGHT < box.top) return;
    const step = view.steps[number], look = lookOf(step?.status ?? "pending");
    context.fillStyle = colours.sheet ?? "";
    context.fillRect(x, y, WIDTH, HEIGHT);
    context.strokeRect(x, y, WIDTH, HEIGHT);
    context.fillStyle = colours[look] ?? "";
    context.globalAlpha = look === "pending" || look === "skipped" ? 0.3 : 1;
    if (isNamed) context.fillRect(x, y + HEIGHT - 22, WIDTH * level(step), 22);
    context.fillRect(x, y, isNamed ? 22 : WIDTH, HEIGHT);
    context.globalAlpha = 1;
    context.fillStyle = colours.quiet ?? "";
    if (isNamed) context.fillText((drawing.steps[number]?.label ?? "").slice(0, 12), x + 36, y + 36);
  });
  const chosen = selected === null ? undefined : laid.places[selected];
  if (!chosen) return;
  context.lineWidth = 14;
  context.strokeStyle = colours.accent ?? "";
  context.strokeRect(chosen.x, chosen.y, WIDTH, HEIGHT);
}
