// What all parts of a run's page share: the run as it is told, the moment that is looked at, the step
// that is chosen, the flow. The moment and the step stand in the address: what is seen can be sent.

import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { get, type Schema, urlOf } from "../api/client";
import { type History, isOver, type Link, openRun, type RunEvent, type RunSource, type RunView, type StepView } from "../log/index";
import { useAddress } from "../shell/address";
import { type Drawing, drawingOf, NO_DRAWING, type StepNode } from "./graph/drawing";
import { useForks } from "./fork/forks";

/** What changes only when a person does something, or once the flow was read. */
export interface RunPage {
  readonly run: string;
  readonly workspace: string;
  readonly source: RunSource;
  /** How many of the facts are looked at; null: all there are, as they come. */
  readonly at: number | null;
  setAt(at: number | null): void;
  /** The number of the chosen step. */
  readonly selected: number | null;
  setSelected(step: number | null): void;
  readonly drawing: Drawing;
  readonly steps: readonly StepNode[];
  /** What went wrong with reading the flow. */
  readonly refused: unknown;
  /** The runs that were forked from this one, as far as they are known. */
  readonly forks: readonly Schema<"RunListed">[];
}

/** The same, with what changes at every frame in which something is told. */
export interface RunNow extends RunPage {
  readonly history: History;
  readonly live: RunView;
  /** The run at the moment that is looked at. */
  readonly shown: RunView;
  readonly count: number;
  readonly link: Link;
  readonly isOver: boolean;
  /** The run that this one goes back to, and the steps of that one which were to run again. */
  readonly parent: { readonly run: string; readonly fromSteps: readonly number[] } | null;
}

export const RunPageContext = createContext<RunPage | null>(null);

export function useRunPage(): RunPage {
  const page = useContext(RunPageContext);
  if (!page) throw new Error("expected to be within <RunProvider>");
  return page;
}

/** Renders at every change of the run, once a frame at most. */
export function useRunNow(): RunNow {
  const page = useRunPage();
  const { source, at } = page;
  const live = useTold(source, () => source.history.latest);
  const link = useTold(source, () => source.link);
  const count = useTold(source, () => source.history.events.length);
  const shown = useShown();
  return useMemo(() => ({
    ...page, history: source.history, live, shown, count, link, isOver: isOver(live), parent: parentOf(live),
  }), [page, source, live, shown, count, link, at]);
}

/** The run at the moment that is looked at. */
export function useShown(): RunView {
  const { source, at } = useRunPage();
  const live = useTold(source, () => source.history.latest);
  const past = useMemo(() => (at === null ? null : source.history.at(at)), [source, at, at === null ? 0 : Math.min(at, source.history.events.length)]);
  return past ?? live;
}

/** A step at the moment that is looked at; renders when it changes, and not when others do. */
export function useStep(step: number | null): StepView | undefined {
  const { source, at } = useRunPage();
  const past = useMemo(() => (at === null || step === null ? null : viewAt(source.history, at)), [source, at, step]);
  const live = useTold(source, () => (step === null || at !== null ? undefined : source.history.latest.steps[step]));
  return past && step !== null ? past.steps[step] : live;
}

/** What a source tells, whenever it says that something changed. */
export function useTold<T>(source: RunSource, read: () => T): T {
  const watch = useCallback((call: () => void) => source.watch(call), [source]);
  return useSyncExternalStore(watch, read, read);
}

/** How many of the events are those up to the fact of this id. */
export function countUpTo(events: readonly RunEvent[], id: number): number {
  let low = 0, high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle]!.id <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}

// All nodes ask for the same moment: it is folded once.
let folded: { history: History; at: number; size: number; view: RunView } | null = null;
function viewAt(history: History, at: number): RunView {
  const size = Math.min(at, history.events.length);
  if (folded?.history !== history || folded.at !== at || folded.size !== size) folded = { history, at, size, view: history.at(at) };
  return folded.view;
}

/** The run that `view` is a fork of, and from which steps of it. */
export function parentOf({ requested }: RunView): RunNow["parent"] {
  const run = requested?.forked_from;
  const steps = requested?.from_steps;
  return typeof run === "string" ? { run, fromSteps: Array.isArray(steps) ? steps.map(Number) : [] } : null;
}

export function RunProvider({ run, workspace, children }: { run: string; workspace: string; children: ReactNode }) {
  const source = useSource(run, workspace);
  return source && <Provided key={run} run={run} workspace={workspace} source={source}>{children}</Provided>;
}

/** The run as it is told, from when the component is there until it is not; null until it was opened. */
export function useSource(run: string, workspace: string): RunSource | null {
  const [source, setSource] = useState<RunSource | null>(null);
  useEffect(() => {
    const url = urlOf(`api/v1/runs/${encodeURIComponent(run)}/events`);
    const opened = openRun(url, { "X-Penstock-Workspace": workspace });
    setSource(opened);
    return () => { setSource(null); opened.close(); };
  }, [run, workspace]);
  return source;
}

function Provided({ run, workspace, source, children }: { run: string; workspace: string; source: RunSource; children: ReactNode }) {
  const [at, setAt] = useMoment(source);
  const [step, setStep] = useNumber("step");
  const { drawing, refused } = useDrawing(run, workspace);
  // Only a run that is over has forks.
  const forks = useForks(useTold(source, () => isOver(source.history.latest)) ? run : null, workspace);
  const page = useMemo<RunPage>(() => ({
    run, workspace, source, at, setAt, selected: step, setSelected: setStep, drawing, steps: drawing.steps, refused, forks,
  }), [run, workspace, source, at, setAt, step, setStep, drawing, refused, forks]);
  return <RunPageContext value={page}>{children}</RunPageContext>;
}

// In the address stands the id of the last fact that is looked at, which is the same for every reader.
// While it moves the address stays behind: browsers let it change only so often.
function useMoment(source: RunSource): [number | null, (at: number | null) => void] {
  const [id, setId] = useNumber("at", 1);
  const [at, move] = useState<number | null>(null);
  const own = useRef<number | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const isTold = useTold(source, () => id === null || (source.history.events.at(-1)?.id ?? 0) >= id || source.link.state === "over");
  useEffect(() => {
    if (!isTold || id === own.current) return;
    own.current = id;
    move(id === null ? null : countUpTo(source.history.events, id));
  }, [id, isTold, source]);
  const setAt = useCallback((to: number | null) => {
    move(to);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      own.current = to === null ? null : (source.history.events[Math.max(0, to - 1)]?.id ?? null);
      setId(own.current);
    }, 250);
  }, [source, setId]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return [at, setAt];
}

/** A whole number in the address, `least` or more; null where there is none. */
function useNumber(name: string, least = 0): [number | null, (value: number | null) => void] {
  const [address, change] = useAddress();
  const set = useCallback((value: number | null) => change({ [name]: value === null ? null : String(value) }), [change, name]);
  const value = Number(address.get(name) || NaN);
  return [Number.isSafeInteger(value) && value >= least ? value : null, set];
}

function useDrawing(run: string, workspace: string): { drawing: Drawing; refused: unknown } {
  const path = `api/v1/runs/${encodeURIComponent(run)}`;
  const gcTime = 600_000;
  const outline = useQuery({ queryKey: ["run", workspace, run, "outline"], queryFn: () => get<Schema<"Outline">>(`${path}/outline`), gcTime, staleTime: Infinity });
  // Where it is drawn may have changed since.
  const drawn = useQuery({ queryKey: ["run", workspace, run, "flow"], queryFn: () => get<Schema<"RunFlow">>(`${path}/flow`), gcTime, staleTime: 0, refetchOnWindowFocus: false });
  const drawing = useMemo(
    () => (outline.data && !drawn.isPending ? drawingOf(outline.data, drawn.data?.drawing ?? null) : NO_DRAWING),
    [outline.data, drawn.data, drawn.isPending],
  );
  return { drawing, refused: outline.error ?? drawn.error };
}
