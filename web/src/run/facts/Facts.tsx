// Every fact of the run: filtered, also while it is live, followed, opened as JSON, taken away.

import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import type { RunEvent, RunView } from "../../log/index";
import { useAddress, useAddressed } from "../../shell/address";
import { Button } from "../../ui/Button";
import { Empty } from "../../ui/Notice";
import { words } from "../../words";
import { FactsOpen } from "./OpenFact";
import { Rows } from "./Rows";
import { FactsTools } from "./Tools";
import { addressOf, filterOf, keepFilter } from "./address";
import { ALL, type Filter, isFailure } from "./filter";
import { workerMatcher } from "./matcher";
import { FactSearch } from "./search";
import { gist, Workers } from "./text";
import { useRunNow } from "../context";
import { timeOfDay } from "../timeOfDay";
import "./facts.css";

const ROW_PX = 28;

export function Facts() {
  const { history, at, isOver, steps, shown } = useRunNow();
  const [address, change] = useAddress();
  const filter = filterOf(address);
  const search = useFound(filter);
  const [isFollowing, follow] = useState(true);
  const [opened, open] = useOpened();
  const workers = useMemo(() => new Workers(), [history]).take(history.events);
  const labels = useMemo(() => new Map(steps.map(({ node, label }) => [node, label])), [steps]);
  const found = useUndone(search.found, history.events, shown, filter.hidesDone);
  const count = at ?? history.events.length;
  const place = opened === null ? -1 : found.indexOf(opened);
  const event = opened === null ? undefined : history.events[opened];

  function line(index: number): ReactNode {
    const number = found[index]!;
    const { data } = history.events[number]!;
    return (
      <div className={`fact-line${isFailure(data) ? " is-failure" : ""}${number >= count ? " is-ahead" : ""}`}>
        <span className="number quiet fact-id">{number + 1}</span>
        <span className="number">{timeOfDay(data.at, true)}</span>
        <span className="mono fact-type">{data.type}</span>
        <span>{data.node === undefined ? "" : (labels.get(data.node) ?? data.node)}</span>
        <span className="number fact-attempt">{data.attempt ?? ""}</span>
        <span className="fact-worker">{workers.of(data)}</span>
        <span className="quiet fact-gist">{gist(data)}</span>
      </div>
    );
  }

  return (
    <section className="facts" aria-label={words.time.facts}>
      <FactsTools filter={filter} search={search} found={found} isFollowing={isFollowing} onFollow={follow}
        onFilter={(next) => { keepFilter(next); change(addressOf(next)); }} />
      <div className={event ? "facts-list has-open" : "facts-list"}>
        <div className="facts-table">
          <Heads />
          {found.length > 0 ? (
            <Rows label={words.time.facts} count={found.length} height={ROW_PX} chosen={place < 0 ? null : place}
              isFollowing={isFollowing && !isOver && at === null} onScroll={(isAtEnd) => follow(isAtEnd)}
              onChoose={(index) => open(found[index] === opened ? null : found[index]!)}
              nameOf={(index) => spoken(history.events[found[index]!]!.data, found[index]! + 1)} row={line} />
          ) : (
            <div className="facts-none"><Nothing hasFacts={history.events.length > 0} clear={() => change(addressOf(ALL))} /></div>
          )}
        </div>
        {event && <FactsOpen event={event} number={opened! + 1} onClose={() => open(null)} />}
      </div>
    </section>
  );
}

function Heads() {
  return (
    <div className="fact-line is-head" aria-hidden="true">
      <span className="fact-id">#</span><span>{words.time.time}</span><span>{words.time.type}</span><span>{words.time.node}</span>
      <span className="fact-attempt">{words.time.attemptColumn}</span><span className="fact-worker">{words.time.worker}</span>
      <span className="fact-gist">{words.time.gist}</span>
    </div>
  );
}

function Nothing({ hasFacts, clear }: { hasFacts: boolean; clear: () => void }) {
  if (!hasFacts) return <p className="quiet">{words.time.empty}</p>;
  return <Empty title={words.time.noneFound} actions={<Button onPress={clear}>{words.time.clearFilters}</Button>} />;
}

function spoken(fact: { type: string; node?: string; at: string }, number: number): string {
  return [`${words.time.fact} ${number}`, fact.type, fact.node, timeOfDay(fact.at)].filter(Boolean).join(", ");
}

// The place of the fact that is open, as its number stands in the address; null where none is.
function useOpened(): [opened: number | null, open: (place: number | null) => void] {
  const [text, setText] = useAddressed("fact");
  const opened = /^[1-9]\d{0,8}$/.test(text) ? Number(text) - 1 : null;
  return [opened, (place) => setText(place === null ? "" : String(place + 1))];
}

const DONE: ReadonlySet<string> = new Set(["completed", "skipped"]);

// Of these facts those of steps that are not done at the moment that is looked at, and those of the run itself.
function useUndone(found: readonly number[], events: readonly RunEvent[], { steps }: RunView, hidesDone: boolean): readonly number[] {
  const done = hidesDone ? steps.map((step) => (step && DONE.has(step.status) ? "1" : "0")).join("") : "";
  return useMemo(() => (done ? found.filter((at) => done[events[at]!.data.step ?? -1] !== "1") : found), [found, events, done]);
}

// The facts that fit, more of them as they come.
function useFound(filter: Filter): FactSearch {
  const { history } = useRunNow();
  const [, redraw] = useState(0);
  const key = JSON.stringify(filter);
  const search = useMemo(
    () => new FactSearch(JSON.parse(key) as Filter, workerMatcher(), () => redraw((n) => n + 1)), [key]);
  const last = useRef(search);
  useEffect(() => {
    if (last.current !== search) last.current.close();
    last.current = search;
  }, [search]);
  const { length } = history.events;
  useEffect(() => search.feed(history.events), [search, history, length]);
  return search;
}
