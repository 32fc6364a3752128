import { Link } from "@tanstack/react-router";
import { ago, clock, count, dollars, duration } from "../ui/figures";
import { useNow } from "../ui/now";
import { Status } from "../ui/Status";
import { words } from "../words";
import { firstLine, memberOf, type Run, titleOf, tokensOf, tookOf, UNDER_WAY } from "./rows";

const said = words.runs;
const MOST_TAGS = 3;

export interface Choice {
  readonly chosen: ReadonlySet<string>;
  choose(runs: ReadonlySet<string>): void;
}

/** `choice` is null for who may do nothing with runs. */
export function RunsTable({ workspace, rows, columns, choice }: { workspace: string; rows: readonly Run[]; columns: readonly string[]; choice: Choice | null }) {
  const now = useNow(rows.some(({ status }) => UNDER_WAY.has(status)) ? 1_000 : 15_000);
  return (
    <div className="table-over" tabIndex={0} role="group" aria-label={words.shell.places.runs}>
      <table className="table">
        <thead>
          <tr>
            {choice && <td className="is-choice"><ChooseAll rows={rows} choice={choice} /></td>}
            <th scope="col">{said.run}</th>
            <th scope="col" className="is-status">{said.status}</th>
            {columns.map((name) => <th key={name} scope="col" className="wide">{name}</th>)}
            <th scope="col" className="wide">{said.who}</th>
            <th scope="col" className="is-number wide">{said.began}</th>
            <th scope="col" className="is-number">{said.took}</th>
            <th scope="col" className="is-number wide">{said.tokens}</th>
            <th scope="col" className="is-number">{said.cost}</th>
          </tr>
        </thead>
        <tbody>{rows.map((run) => <Row key={run.run_id} workspace={workspace} run={run} columns={columns} now={now} choice={choice} />)}</tbody>
      </table>
    </div>
  );
}

function ChooseAll({ rows, choice: { chosen, choose } }: { rows: readonly Run[]; choice: Choice }) {
  const isAll = rows.every(({ run_id }) => chosen.has(run_id));
  return (
    <label><input type="checkbox" aria-label={said.chooseAll} checked={isAll} ref={(box) => { if (box) box.indeterminate = chosen.size > 0 && !isAll; }}
      onChange={() => choose(new Set(isAll ? [] : rows.map(({ run_id }) => run_id)))} /></label>
  );
}

function Row({ workspace, run, columns, now, choice }: { workspace: string; run: Run; columns: readonly string[]; now: number; choice: Choice | null }) {
  const took = tookOf(run, now);
  const tokens = tokensOf(run);
  const preview = run.pipeline_name ? firstLine(run.input_preview) : "";
  return (
    <tr data-status={run.status}>
      {choice && (
        <td className="is-choice"><label><input type="checkbox" aria-label={said.choose(titleOf(run))} checked={choice.chosen.has(run.run_id)}
          onChange={({ target }) => choice.choose(new Set([...choice.chosen].filter((each) => each !== run.run_id).concat(target.checked ? run.run_id : [])))} /></label></td>
      )}
      <th scope="row"><div className="is-run">
        <Link to="/w/$workspace/runs/$run" params={{ workspace, run: run.run_id }} className="clip">{titleOf(run)}</Link>
        {run.tags.slice(0, MOST_TAGS).map((tag) => <span key={tag} className="tagged clip" title={tag}>{tag}</span>)}
        {run.tags.length > MOST_TAGS && <span className="tagged" title={run.tags.join(", ")}>+{run.tags.length - MOST_TAGS}</span>}
        <span className="about clip quiet small">
          {run.error ? <span className="is-bad">{run.error.message}</span> : (run.waiting_for?.text ?? preview) || run.run_id}
        </span>
        <span className="about narrow quiet small">{ago(run.created_at, now)}{run.requested_by && ` · ${run.requested_by}`}</span>
      </div></th>
      <td className="is-status"><Status status={run.status} />{run.forked_from && <span className="quiet small"> {said.fork}</span>}</td>
      {columns.map((name) => <td key={name} className="wide"><span className="clip is-member">{memberOf(run.metadata, name) || <span className="quiet">·</span>}</span></td>)}
      <td className="wide"><span className="clip is-member quiet">{run.requested_by ?? ""}</span></td>
      <td className="is-number wide"><time dateTime={run.created_at} title={clock(run.created_at)}>{ago(run.created_at, now)}</time></td>
      <td className="is-number">{took === null ? <span className="quiet">{said.notBegun}</span> : duration(took)}</td>
      <td className="is-number wide">{tokens ? count(tokens) : <span className="quiet">0</span>}</td>
      <td className="is-number">{UNDER_WAY.has(run.status) && tokens === 0 ? <span className="quiet" title={said.costLater}>·</span> : dollars(run.cost_usd)}</td>
    </tr>
  );
}
