import type { ReactNode } from "react";
import type { Schema } from "../api/client";
import { bytes, count, duration } from "../ui/figures";
import { nameOf, StatusMark } from "../ui/Status";
import { words } from "../words";

type System = Schema<"System">;
const said = words.system;

/** The few figures that tell at one look whether all is well. */
export function Figures({ system }: { system: System }) {
  const slots = system.workers.flatMap(({ pools }) => Object.values(pools));
  const [used, all] = [sum(slots.map((each) => each.used)), sum(slots.map((each) => each.slots))];
  const waiting = sum(system.queues.map((queue) => queue.waiting));
  const states = Object.entries(system.runs.by_status).filter(([, n]) => n > 0);
  return (
    <dl className="tiles">
      <Figure name={said.living} value={count(system.runs.living)}>
        {states.map(([status, n]) => <span key={status} className="row tile-state"><StatusMark status={status} label={false} />{nameOf(status)} {count(n)}</span>)}
      </Figure>
      <Figure name={said.waiting} value={count(waiting)} isBad={waiting > 0 && all === 0}>{all === 0 ? said.noWorker : said.slots(count(used), count(all))}</Figure>
      <Figure name={said.behind} value={system.projector.behind_facts === 0 ? "0 s" : duration(system.projector.behind_seconds * 1000)} isBad={system.projector.behind_seconds > 10}>{said.facts(count(system.projector.behind_facts))}</Figure>
      <Figure name={said.readers} value={count(system.readers.readers)}>{said.watched(count(system.readers.watched_runs))}</Figure>
      <Figure name={said.log} value={bytes(system.log.size_bytes)}>
        {system.log.limit_bytes === null ? said.noLimit : said.of(bytes(system.log.limit_bytes))}
      </Figure>
    </dl>
  );
}

function Figure({ name, value, isBad = false, children }: { name: string; value: string; isBad?: boolean; children?: ReactNode }) {
  return <div className={isBad ? "tile is-bad" : "tile"}><dt>{name}</dt><dd><strong className="number">{value}</strong><span className="small quiet">{children}</span></dd></div>;
}

export function Queues({ queues }: { queues: System["queues"] }) {
  return (
    <Table title={said.queues} head={[said.pool, said.queue, said.waiting, said.inProgress, said.oldest]} numbers={2} empty={said.noQueue}
      rows={queues.map((queue) => [queue.pool, queue.queue, count(queue.waiting), count(queue.in_progress), queue.oldest_seconds === null ? "·" : duration(queue.oldest_seconds * 1000)])} />
  );
}

export function Workers({ workers }: { workers: System["workers"] }) {
  return (
    <section className="stack" aria-labelledby="workers">
      <h2 id="workers">{said.workers}</h2>
      {workers.length === 0 && <p className="is-bad">{said.noWorkerAtAll}</p>}
      {workers.length > 0 && (
        <ul className="workers">
          {workers.flatMap(({ worker, pools }) => Object.entries(pools).map(([pool, { slots, used }]) => (
            <li key={`${worker} ${pool}`}>
              <span className="clip mono small" title={worker}>{worker}</span><span className="clip quiet small" title={pool}>{pool}</span>
              <meter min={0} max={Math.max(1, slots)} value={used} aria-label={said.slots(count(used), count(slots))} />
              <span className="number small">{count(used)} / {count(slots)}</span>
            </li>
          )))}
        </ul>
      )}
    </section>
  );
}

export function Partitions({ partitions }: { partitions: System["partitions"] }) {
  return (
    <Table title={said.partitions} head={[said.partition, said.scheduler, said.waiting, said.inProgress, said.behind]} numbers={2} empty={said.noQueue}
      rows={partitions.map((each) => [
        String(each.partition), each.owner ?? said.noOwner, count(each.waiting), count(each.in_progress),
        each.behind_facts === 0 ? "0 s" : `${duration(each.behind_seconds * 1000)} · ${said.facts(count(each.behind_facts))}`,
      ])} />
  );
}

export function Stores({ system }: { system: System }) {
  return (
    <div className="halves">
      <Table title={said.stores} head={[said.store, said.size, said.limit]} numbers={1} empty={said.noQueue}
        rows={system.stores.map((each) => [each.store, bytes(each.size_bytes), each.limit_bytes === null ? said.noLimit : `${bytes(each.limit_bytes)} (${percent(each.size_bytes, each.limit_bytes)})`])} />
      <Table title={said.versions} head={[said.part, said.version]} numbers={2} empty={said.noQueue} rows={Object.entries(system.versions)} />
    </div>
  );
}

/** Rows of text; columns from `numbers` on are set to the right. */
function Table({ title, head, rows, numbers, empty }: { title: string; head: readonly string[]; rows: readonly (readonly string[])[]; numbers: number; empty: string }) {
  return (
    <section className="stack" aria-label={title}>
      <h2>{title}</h2>
      {rows.length === 0 ? <p className="quiet">{empty}</p> : (
        <div className="table-over" tabIndex={0} role="group" aria-label={title}>
          <table className="table">
            <thead><tr>{head.map((each, at) => <th key={each} scope="col" className={at >= numbers ? "is-number" : ""}>{each}</th>)}</tr></thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.slice(0, 2).join(" ")}>{row.map((cell, at) => <td key={at} className={at >= numbers ? "is-number" : ""}>{cell}</td>)}</tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}

function percent(part: number, whole: number): string {
  const share = (100 * part) / whole;
  return share > 0 && share < 1 ? "<1%" : `${Math.round(share)}%`;
}
