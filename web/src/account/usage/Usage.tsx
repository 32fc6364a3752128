import { useState } from "react";
import { useAddress } from "../../shell/address";
import { Button } from "../../ui/Button";
import { count, dollars } from "../../ui/figures";
import { Empty, Refused } from "../../ui/Notice";
import { save } from "../../ui/save";
import { words } from "../../words";
import { Section, useList } from "../parts";
import { type Bar, barsOf, cachedOf, csvOf, GROUPS, type Group, nameOf, type Report, tokensOf } from "./spent";

const said = words.account.usage;
const SPANS = [1, 7, 30, 90] as const;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** What the runs of the workspace used and cost. */
export function Usage({ workspace }: { workspace: string }) {
  const [address, change] = useAddress();
  const group = GROUPS.find((each) => each === address.get("by")) ?? "day";
  const days = SPANS.find((each) => String(each) === address.get("days")) ?? 30;
  // From the beginning of an hour, which is faster, and the same address while it lasts.
  const [now] = useState(() => Math.ceil(Date.now() / HOUR_MS) * HOUR_MS);
  const asked = useList<Report>(workspace, "usage", "api/v1/usage", { group_by: group, since: new Date(now - days * DAY_MS).toISOString(), until: new Date(now).toISOString() });
  const report = asked.data;
  return (
    <Section title={words.account.parts.usage} about={said.about} actions={<Button small isDisabled={!report?.items.length} onPress={() => report && save(`usage-by-${group}.csv`, csvOf(report), "text/csv")}>{said.csv}</Button>}>
      <div className="row">
        <label className="row"><span className="label">{said.by}</span>
          <select className="input is-small" value={group} onChange={(event) => change({ by: event.target.value })}>{GROUPS.map((each) => <option key={each} value={each}>{said.groups[each]}</option>)}</select>
        </label>
        <label className="row"><span className="label">{said.span}</span>
          <select className="input is-small" value={days} onChange={(event) => change({ days: event.target.value })}>{SPANS.map((each) => <option key={each} value={each}>{said.spans[each]}</option>)}</select>
        </label>
      </div>
      <Refused error={asked.error} />
      {asked.isPending && <p className="quiet" role="status">{words.ui.loading}</p>}
      {report && report.items.length === 0 && <Empty title={said.none}><p>{said.noneAbout}</p></Empty>}
      {report && report.items.length > 0 && (
        <>
          <dl className="tiles">
            <div className="tile"><dt>{said.cost}</dt><dd><strong className="number">{dollars(report.cost_usd)}</strong><span className="small quiet">{report.cost_usd === null && said.unknownWhy}</span></dd></div>
            <div className="tile"><dt>{said.tokens}</dt><dd><strong className="number">{count(tokensOf(report))}</strong><span className="small quiet">{said.cached(count(cachedOf(report)))}</span></dd></div>
          </dl>
          <Chart bars={barsOf(report, group, said.unknown)} isDays={group === "day"} />
          <Table report={report} group={group} />
        </>
      )}
    </Section>
  );
}

/** Bars by cost; by tokens where no price is known at all. What it shows is in the table, too. */
function Chart({ bars, isDays }: { bars: readonly Bar[]; isDays: boolean }) {
  const byCost = bars.some(({ cost }) => cost !== null && cost > 0);
  const weight = (bar: Bar) => (byCost ? (bar.cost ?? 0) : bar.tokens);
  const most = Math.max(...bars.map(weight), Number.MIN_VALUE);
  const shown = isDays ? bars : bars.slice(0, 12);
  return (
    <figure className="chart">
      <figcaption className="small quiet">{byCost ? said.chartCost : said.chartTokens}</figcaption>
      <div className={isDays ? "chart-bars" : "chart-bars is-flat"} aria-hidden="true">
        {shown.map((bar) => {
          const share = `${Math.max(weight(bar) > 0 ? 1 : 0, (100 * weight(bar)) / most)}%`;
          return (
            <div key={bar.name} className="chart-bar" title={`${bar.name}: ${dollars(bar.cost)}, ${count(bar.tokens)} ${said.tokens}`}>
              {!isDays && <span className="clip small">{bar.name}</span>}
              <span className={byCost && bar.cost === null ? "level is-unknown" : "level"} style={isDays ? { height: byCost && bar.cost === null ? "100%" : share } : { width: byCost && bar.cost === null ? "100%" : share }} />
            </div>
          );
        })}
      </div>
      {isDays && <div className="spread small quiet" aria-hidden="true"><span>{bars[0]?.name}</span><span>{bars.at(-1)?.name}</span></div>}
    </figure>
  );
}

function Table({ report, group }: { report: Report; group: Group }) {
  return (
    <>
      <div className="table-over" tabIndex={0} role="group" aria-label={words.account.parts.usage}>
        <table className="table">
          <thead><tr><th scope="col">{said.groups[group]}</th><th scope="col" className="is-number">{said.input}</th><th scope="col" className="is-number">{said.output}</th><th scope="col" className="is-number">{said.fromCache}</th><th scope="col" className="is-number">{said.cost}</th></tr></thead>
          <tbody>
            {report.items.map((item, at) => (
              <tr key={at}>
                <th scope="row" className={group === "day" ? "number" : ""}>{nameOf(item, group, said.unknown)}</th>
                <td className="is-number">{count(item.usage.input_tokens)}</td><td className="is-number">{count(item.usage.output_tokens)}</td>
                <td className="is-number">{count(item.usage.cache_read_tokens)}</td><td className="is-number">{dollars(item.cost_usd)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {report.left_out > 0 && <p className="quiet small">{said.leftOut(report.left_out)}</p>}
    </>
  );
}
