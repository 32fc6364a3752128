import { useEffect, useRef, useState } from "react";
import { Button as Plain, ToggleButton } from "react-aria-components";
import type { Change } from "../../shell/address";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { StatusMark, nameOf } from "../../ui/Status";
import { words } from "../../words";
import { type Filter, isEmpty, localOf, momentIn, type Names, SPANS, STATUSES, wrongIn } from "./filter";
import { PipelineChoice } from "./PipelineChoice";

const said = words.runs;
const QUIET_MS = 350;
const MORE = ["tags", "metadata", "who", "id"] as const;

export function Filters({ workspace, filter, onChange, onClear }: {
  workspace: string; filter: Filter; onChange: (change: Change) => void; onClear: () => void;
}) {
  const [isMore, setMore] = useState(() => MORE.some((name) => filter[name]));
  const wrong = wrongIn(filter);
  function toggle(status: (typeof STATUSES)[number]) {
    const chosen = STATUSES.filter((each) => (each === status) !== filter.status.includes(each));
    onChange({ status: chosen.join(",") });
  }
  return (
    <form className="filters" role="search" aria-label={said.filters} onSubmit={(event) => event.preventDefault()}>
      <div className="filter-row">
        <Words name="search" filter={filter} onChange={onChange} wrong={wrong.search && said.wrong.search} />
        <PipelineChoice workspace={workspace} chosen={filter.pipeline} onChoose={(pipeline) => onChange({ pipeline })} />
        <When filter={filter} onChange={onChange} />
      </div>
      {filter.since === "dates" && (
        <div className="filter-row is-more">
          <Moment name="from" filter={filter} onChange={onChange} wrong={undefined} />
          <Moment name="to" filter={filter} onChange={onChange} wrong={wrong.to && said.wrong.to} />
        </div>
      )}
      <div className="row" role="group" aria-label={said.status}>
        {STATUSES.map((status) => (
          <ToggleButton key={status} className="chip" isSelected={filter.status.includes(status)} onChange={() => toggle(status)}>
            <StatusMark status={status} label={false} />{nameOf(status)}
          </ToggleButton>
        ))}
        <ToggleButton className="chip" isSelected={filter.mine} onChange={(mine) => onChange({ mine: mine ? "1" : null })}>{said.mine}</ToggleButton>
        <Plain className="button quiet is-small" aria-expanded={isMore} onPress={() => setMore(!isMore)}>{isMore ? said.fewer : said.more}</Plain>
        {!isEmpty(filter) && <Button look="quiet" small onPress={onClear}>{said.clear}</Button>}
      </div>
      {isMore && (
        <div className="filter-row is-more">
          {MORE.map((name) => (
            <Words key={name} name={name} filter={filter} onChange={onChange}
              wrong={name === "who" ? undefined : wrong[name] && said.wrong[name]} />
          ))}
        </div>
      )}
    </form>
  );
}

/** When runs were asked for, or when they ended. */
function When({ filter: { since, ended }, onChange }: { filter: Filter; onChange: (change: Change) => void }) {
  const spans = [...(Object.keys(SPANS) as (keyof typeof SPANS)[]), "dates"] as const;
  function choose(value: string) {
    const [what, span = ""] = value.split(" ");
    onChange({ since: span, ended: span && what === "ended" ? "1" : null, ...(span !== "dates" && { from: null, to: null }) });
  }
  return (
    <label className="field"><span className="label">{said.since}</span>
      <select className="input" value={since ? `${ended ? "ended" : "created"} ${since}` : ""} onChange={(event) => choose(event.target.value)}>
        <option value="">{said.anyTime}</option>
        {(["created", "ended"] as const).map((what) => (
          <optgroup key={what} label={said.times[what]}>
            {spans.map((span) => <option key={span} value={`${what} ${span}`}>{said.times[what]} {said.spans[span]}</option>)}
          </optgroup>
        ))}
      </select>
    </label>
  );
}

// While a year is typed it is one of long ago: the text stays, and nothing is asked for.
function Moment({ name, filter, onChange, wrong }: { name: "from" | "to"; filter: Filter; onChange: (change: Change) => void; wrong: string | undefined }) {
  const moment = filter[name];
  const [local, setLocal] = useState(() => localOf(moment));
  useEffect(() => setLocal((text) => (momentIn(text) === moment ? text : localOf(moment))), [moment]);
  return (
    <Field label={said.names[name]} type="datetime-local" value={local} wrong={wrong}
      onChange={(text) => { setLocal(text); onChange({ [name]: momentIn(text) }); }} />
  );
}

/** A text that is asked for once its writer pauses; what another changes in the address is taken over. */
function Words({ name, filter, onChange, wrong }: {
  name: Exclude<Names, "pipeline">; filter: Filter; onChange: (change: Change) => void; wrong: string | undefined;
}) {
  const [text, setText] = useState(filter[name]);
  const sent = useRef(filter[name]);
  useEffect(() => {
    if (filter[name] === sent.current) return;
    sent.current = filter[name];
    setText(filter[name]);
  }, [filter, name]);
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === sent.current) return undefined;
    const timer = setTimeout(() => {
      sent.current = wanted;
      onChange({ [name]: wanted });
    }, QUIET_MS);
    return () => clearTimeout(timer);
  }, [text, name, onChange]);
  return (
    <Field label={said.names[name]} value={text} onChange={setText} placeholder={said.examples[name]} maxLength={name === "metadata" ? 4_096 : 200}
      wrong={wrong} type="search" spellCheck="false" />
  );
}
