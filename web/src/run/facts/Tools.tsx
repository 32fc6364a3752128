import { useMemo } from "react";
import { Button as Plain, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { useTyped } from "../../shell/address";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { words } from "../../words";
import { isAll, keptFilter } from "./address";
import type { Filter } from "./filter";
import type { FactSearch } from "./search";
import { jsonLines } from "./text";
import { save } from "../text/stretches";
import { useRunNow } from "../context";

interface ToolsProps {
  filter: Filter;
  search: FactSearch;
  /** The places of those that are shown. */
  found: readonly number[];
  isFollowing: boolean;
  onFilter(filter: Filter): void;
  onFollow(is: boolean): void;
}

/** How facts are filtered, how many there are, and what is done with all of them. */
export function FactsTools({ filter, search, found, isFollowing, onFilter, onFollow }: ToolsProps) {
  const { run, history, steps, isOver } = useRunNow();
  const { query, standing } = search;
  const [text, setText] = useTyped(filter.query, (next) => onFilter({ ...filter, query: next }));
  const isWhole = found.length === history.events.length;
  const last = isAll(filter) ? keptFilter() : null;
  const wrong = query.kind === "wrong" ? `${words.time.badPattern}: ${query.why}` : standing === "slow" ? words.time.slowPattern : undefined;
  return (
    <div className="facts-tools">
      <Field label={words.time.find} value={text} onChange={setText} placeholder={words.time.findHint} wrong={wrong} type="search" />
      <Types chosen={filter.types} onChange={(types) => onFilter({ ...filter, types })} />
      <label className="field">
        <span className="label">{words.time.node}</span>
        <select className="input" value={filter.node ?? ""} onChange={(event) => onFilter({ ...filter, node: event.target.value || null })}>
          <option value="">{words.time.allNodes}</option>
          {steps.map(({ step, node, label }) => <option key={step} value={node}>{label}</option>)}
        </select>
      </label>
      <Toggle isOn={filter.failedOnly} onChange={(failedOnly) => onFilter({ ...filter, failedOnly })}>{words.time.failedOnly}</Toggle>
      <Toggle isOn={filter.hidesDone} onChange={(hidesDone) => onFilter({ ...filter, hidesDone })}>{words.time.hideDone}</Toggle>
      {last && <Button look="quiet" onPress={() => onFilter(last)}>{words.time.lastFilter}</Button>}
      {!isOver && <Toggle isOn={isFollowing} onChange={onFollow}>{words.time.follow}</Toggle>}
      <span className="quiet small number" role={isOver ? "status" : undefined}>{found.length.toLocaleString("en")} / {history.events.length.toLocaleString("en")} {words.time.found}</span>
      <Button look="quiet" onPress={() => save(jsonLines(isWhole ? history.events : found.map((at) => history.events[at]!)), `${run}.jsonl`)}>{isWhole ? words.time.downloadLines : words.time.downloadFound}</Button>
    </div>
  );
}

function Toggle({ isOn, onChange, children }: { isOn: boolean; onChange: (is: boolean) => void; children: string }) {
  return (
    <button type="button" className={`button ${isOn ? "is-on" : ""}`} aria-pressed={isOn} onClick={() => onChange(!isOn)}>{children}</button>
  );
}

function Types({ chosen, onChange }: { chosen: readonly string[]; onChange: (types: string[]) => void }) {
  const { history } = useRunNow();
  const { length } = history.events;
  const types = useMemo(() => [...new Set(history.events.map(({ data }) => data.type))].sort(), [history, length]);
  const said = chosen.length === 0 ? words.time.allTypes : chosen.length === 1 ? chosen[0] : `${chosen.length} ${words.time.types.toLowerCase()}`;
  return (
    <MenuTrigger>
      <Plain className="button">{said} ▾</Plain>
      <Popover className="menu-over">
        <Menu className="menu" aria-label={words.time.types} selectionMode="multiple" selectedKeys={chosen}
          onSelectionChange={(keys) => onChange(keys === "all" ? [] : [...keys].map(String).sort())}>
          {[...new Set([...types, ...chosen])].map((type) => (
            <MenuItem key={type} id={type} className="menu-item mono" textValue={type}>
              {({ isSelected }) => <><span>{type}</span><span aria-hidden="true">{isSelected ? "✓" : ""}</span></>}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
