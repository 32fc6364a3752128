import type { RunView } from "../../log/index";
import { useTyped } from "../../shell/address";
import { Button } from "../../ui/Button";
import { nameOf } from "../../ui/Status";
import { words } from "../../words";
import { type Change, changesBetween } from "./changesOf";
import { useRunNow } from "../context";
import { LONGEST_LABEL, usePins, withPin } from "../facts/address";

const MOST = 200;

/** What is different between the pinned fact and the one that is looked at. */
export function ScrubberChanges({ from, to, before, after }: { from: number; to: number; before: RunView; after: RunView }) {
  const { setSelected, steps } = useRunNow();
  const [pins, setPins] = usePins();
  const others = pins.slice(1);
  const [label, setLabel] = useTyped(pins[0]?.label ?? "", (text) => setPins([{ fact: from, label: text }, ...others]));
  const { run, steps: changed } = changesBetween(before, after);
  const labels = new Map(steps.map(({ step, label }) => [step, label]));
  return (
    <div className="changes sheet" role="region" aria-label={`${words.time.pinned} ${from}`}>
      <div className="spread">
        <h3>{words.time.pinned} {from} <span className="quiet">→ {to}</span></h3>
        <div className="row">
          {others.length > 0 && (
            <select className="input changes-since" aria-label={words.time.since} value={from} onChange={(event) => setPins(withPin(pins, Number(event.target.value)))}>
              {pins.toSorted((a, b) => a.fact - b.fact).map(({ fact, label }) => <option key={fact} value={fact}>{label ? `${fact} · ${label}` : fact}</option>)}
            </select>
          )}
          <input className="input changes-label" aria-label={words.time.pinLabel} placeholder={words.time.pinLabel} maxLength={LONGEST_LABEL} value={label} onChange={(event) => setLabel(event.target.value)} />
          <Button small look="quiet" onPress={() => setPins(others)}>{words.time.unpin}</Button>
        </div>
      </div>
      {!run && changed.length === 0 && <p className="quiet">{words.time.noChange}</p>}
      <dl>
        {run && <div><dt>{words.time.run}</dt><dd><Told change={run} /></dd></div>}
        {changed.slice(0, MOST).map(({ step, node, changes }) => (
          <div key={step}>
            <dt><button type="button" className="linked" onClick={() => setSelected(step)}>{labels.get(step) ?? node}</button></dt>
            <dd>{changes.map((change) => <Told key={change.what} change={change} />)}</dd>
          </div>
        ))}
      </dl>
      {changed.length > MOST && <p className="quiet small">+{changed.length - MOST}</p>}
    </div>
  );
}

function Told({ change: { what, before, after } }: { change: Change }) {
  const said = (value: string | number) => (what === "status" ? nameOf(String(value)) : String(value) || words.time.none);
  const isNumber = typeof after === "number";
  return (
    <span className="change">
      {what !== "status" && <span className="quiet">{words.time.changes[what]} </span>}
      <del>{said(before)}</del> → <ins>{said(after)}</ins>
      {isNumber && <span className="quiet number"> ({after > Number(before) ? "+" : "−"}{Math.abs(after - Number(before))})</span>}
    </span>
  );
}
