import { count as short, dollars, duration, tokensOf } from "../../ui/figures";
import { StatusMark, nameOf } from "../../ui/Status";
import { words } from "../../words";
import { Delta } from "./Compare";
import type { Compared } from "./compared";
import { dearer, type Pair, type Side, tookMs } from "./steps";

/** One step of both runs, in a line. */
export function CompareRow({ pair, label, own, other }: { pair: Pair; label: string; own: Compared; other: Compared }) {
  const [mine, its] = [pair.own, pair.other];
  const [took, was] = [tookMs(mine), tookMs(its)];
  const [used, usedBefore] = [tokensOf(mine?.view.usage), tokensOf(its?.view.usage)];
  const [cost, costBefore] = [costOf(own, mine), costOf(other, its)];
  const isFree = !used && cost !== null && cost !== undefined && Number(cost) === 0;
  return (
    <div className="compare-line">
      <span className="clip">{label}</span>
      <span><span className={`verdict ${pair.verdict}`}>{words.time.verdict[pair.verdict]}</span></span>
      <span className="row compare-status">{mine ? <StatusMark status={mine.view.status} /> : "—"}<span className="clip">{mine ? nameOf(mine.view.status) : ""}</span>
        {its && its.view.status !== mine?.view.status && <span className="quiet small">← {nameOf(its.view.status)}</span>}</span>
      <span className="number">{took === null ? "—" : duration(took)}<Delta by={took === null || was === null ? null : took - was} said={duration} /></span>
      <span className="number">{used ? short(used) : "—"}<Delta by={mine && its && !mine.outcome?.isKept ? used - usedBefore : null} said={short} /></span>
      <span className="number">{mine && !mine.outcome?.isKept && !isFree ? dollars(cost) : "—"}<Delta by={mine?.outcome?.isKept ? null : dearer(cost, costBefore)} said={dollars} /></span>
    </div>
  );
}

function costOf({ told }: Compared, side: Side | null): string | null | undefined {
  return side ? told?.steps.find(({ step }) => step === side.step)?.cost_usd : null;
}
