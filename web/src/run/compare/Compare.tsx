// A run beside another of its ancestry, step by step.

import { Link, useParams, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { Empty, Refused } from "../../ui/Notice";
import { ago, count as short, dollars, duration, tokensOf } from "../../ui/figures";
import { Status } from "../../ui/Status";
import { words } from "../../words";
import { CompareOutput } from "./CompareOutput";
import { CompareRow } from "./CompareRow";
import { type Compared, type Relative, useCompared, useFamily } from "./compared";
import { dearer, type Pair, pairsOf } from "./steps";
import { Rows } from "../facts/Rows";
import { statusOf } from "../../log/index";
import "./compare.css";

const ROW_PX = 34;
const SAME: ReadonlySet<string> = new Set(["kept", "same"]);

export function Compare() {
  const { workspace = "", run = "", other = "" } = useParams({ strict: false });
  return <Beside key={`${run}/${other}`} workspace={workspace} run={run} other={other} />;
}

function Beside({ workspace, run, other }: { workspace: string; run: string; other: string }) {
  const own = useCompared(workspace, run), its = useCompared(workspace, other);
  const pairs = pairsOf(own, its);
  const labels = useLabels(own, its);
  const [isShort, setShort] = useState(false);
  const shown = isShort ? pairs.filter(({ verdict }) => !SAME.has(verdict)) : pairs;
  const [chosen, choose] = useState<string | null>(null);
  const pair = pairs.find(({ node }) => node === chosen);
  const index = shown.findIndex(({ node }) => node === chosen);
  const error = own.error ?? its.error;
  if (error) return <div className="page"><h1>{words.time.compare}</h1><Refused error={error} /></div>;
  return (
    <div className="page compare">
      <div className="spread">
        <h1>{words.time.compare}</h1>
        <Others workspace={workspace} run={run} other={other} own={own} />
      </div>
      <div className="compare-heads">
        <Card title={words.time.own} workspace={workspace} side={own} against={its} />
        <Card title={words.time.other} workspace={workspace} side={its} against={null} />
      </div>
      <div className="spread">
        <Counts pairs={pairs} />
        <button type="button" className={`button ${isShort ? "is-on" : ""}`} aria-pressed={isShort} onClick={() => setShort(!isShort)}>{words.time.onlyDifferent}</button>
      </div>
      <div className="compare-list">
        <div className="compare-line is-head" aria-hidden="true">
          <span>{words.time.step}</span><span />
          <span>{words.time.status}</span><span>{words.time.took}</span><span>{words.time.tokens}</span><span>{words.time.cost}</span>
        </div>
        {shown.length === 0 ? <div className="facts-none"><Empty title={words.time.noChange} /></div> : (
          <div style={{ height: Math.min(shown.length, 14) * ROW_PX }}>
            <Rows label={words.time.compare} count={shown.length} height={ROW_PX} chosen={index < 0 ? null : index}
              onChoose={(at) => choose(shown[at]!.node === chosen ? null : shown[at]!.node)}
              nameOf={(at) => `${labels.get(shown[at]!.node) ?? shown[at]!.node}, ${words.time.verdict[shown[at]!.verdict]}`}
              row={(at) => <CompareRow pair={shown[at]!} label={labels.get(shown[at]!.node) ?? shown[at]!.node} own={own} other={its} />} />
          </div>
        )}
      </div>
      {pair && <CompareOutput key={pair.node} pair={pair} label={labels.get(pair.node) ?? pair.node} workspace={workspace} own={own} other={its} />}
    </div>
  );
}

function useLabels(own: Compared, other: Compared): ReadonlyMap<string, string> {
  return useMemo(
    () => new Map([...(other.told?.steps ?? []), ...(own.told?.steps ?? [])].map(({ node, label }) => [node, label ?? node])),
    [own.told, other.told],
  );
}

function Others({ workspace, run, other, own }: { workspace: string; run: string; other: string; own: Compared }) {
  const navigate = useNavigate();
  const family = useFamily(workspace, run, own.told?.forked_from?.run ?? null);
  if (family.length === 0) return <span className="quiet small">{words.time.noFamily}</span>;
  const known = family.some((each) => each.run === other);
  return (
    <label className="row">
      <span className="quiet">{words.time.chooseOther}</span>
      <select className="input compare-other" value={other}
        onChange={(event) => void navigate({ to: "/w/$workspace/runs/$run/compare/$other", params: { workspace, run, other: event.target.value } })}>
        {!known && <option value={other}>{other.slice(-12)}</option>}
        {family.map((each) => <option key={each.run} value={each.run}>{nameOfKin(each)}</option>)}
      </select>
    </label>
  );
}

function nameOfKin({ run, kin, at }: Relative): string {
  return `${words.time[kin]} ${run.slice(-12)}${at ? `, ${ago(at)}` : ""}`;
}

function Card({ title, workspace, side, against }: { title: string; workspace: string; side: Compared; against: Compared | null }) {
  const took = (run: Compared) => (run.view.startedAt && run.view.endedAt ? Date.parse(run.view.endedAt) - Date.parse(run.view.startedAt) : null);
  const [ms, was] = [took(side), against && took(against)];
  const used = tokensOf(side.told?.usage), usedBefore = against ? tokensOf(against.told?.usage) : null;
  const cost = against ? dearer(side.told?.cost_usd, against.told?.cost_usd) : null;
  return (
    <section className="sheet compare-card" aria-label={title}>
      <div className="spread">
        <h2>{title}</h2>
        <Status status={statusOf(side.view)} />
      </div>
      <Link to="/w/$workspace/runs/$run" params={{ workspace, run: side.run }} className="mono small clip">{side.run}</Link>
      <dl className="figures">
        <div><dt>{words.time.took}</dt><dd>{ms === null ? "—" : duration(ms)}<Delta by={ms === null || was === null ? null : ms - was} said={duration} /></dd></div>
        <div><dt>{words.time.tokens}</dt><dd>{short(used)}<Delta by={usedBefore === null ? null : used - usedBefore} said={short} /></dd></div>
        <div><dt>{words.time.cost}</dt><dd>{dollars(side.told?.cost_usd)}<Delta by={cost} said={dollars} /></dd></div>
      </dl>
    </section>
  );
}

/** By how much more or less, if by anything. */
export function Delta({ by, said }: { by: number | null; said: (amount: number) => string }) {
  if (by === null || said(Math.abs(by)) === said(0)) return null;
  return <span className="quiet small number delta"> {by > 0 ? "+" : "−"}{said(Math.abs(by))}</span>;
}

function Counts({ pairs }: { pairs: readonly Pair[] }) {
  const counts = new Map<string, number>();
  for (const { verdict } of pairs) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return (
    <p className="row">
      {(["changed", "new", "missing", "open", "same", "kept"] as const).map((verdict) => counts.has(verdict) && (
        <span key={verdict} className={`verdict ${verdict}`}>{words.time.verdict[verdict]} <span className="number">{counts.get(verdict)}</span></span>
      ))}
    </p>
  );
}
