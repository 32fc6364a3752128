import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Button as Plain, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { useSession } from "../account/session";
import { useReadAgain } from "../api/again";
import { Button } from "../ui/Button";
import { ago, clock, dollars } from "../ui/figures";
import { Refused } from "../ui/Notice";
import { Status } from "../ui/Status";
import { words } from "../words";
import { type Act, ACTS, actOn, restorePipeline } from "./acts";
import { type Lately, type Listed, useCosts, useLately } from "./listing";

interface TableProps {
  workspace: string;
  rows: readonly Listed[];
  isDeleted: boolean;
  onTag: (tag: string) => void;
  onRun: (pipeline: { id: string; name: string }) => void;
}

/** A row a pipeline: how it went lately, what it cost, what can be done with it. */
export function PipelineTable(props: TableProps) {
  const { workspace, rows, isDeleted } = props;
  const runs = useLately(workspace);
  const costs = useCosts(workspace);
  const [error, setError] = useState<unknown>(null);
  return (
    <>
      <Refused error={error} />
      <div className="table-over" tabIndex={0} role="group" aria-label={words.shell.places.pipelines}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{words.pipelines.name}</th>
              <th scope="col">{isDeleted ? words.pipelines.deletedAt : words.pipelines.lastRun}</th>
              <th scope="col" className="is-number" title={words.pipelines.successWhy}>{words.pipelines.success}</th>
              <th scope="col" className="is-number" title={words.pipelines.costWhy}>{words.pipelines.cost}</th>
              <th scope="col">{words.pipelines.changed}</th>
              <th scope="col"><span className="unseen">{words.pipelines.actions}</span></th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.id} {...props} row={row} lately={runs.data?.get(row.id)} onError={setError}
                cost={costs.data && (costs.data.has(row.id) ? dollars(costs.data.get(row.id)) : words.pipelines.noCost)} hasRuns={runs.data !== undefined} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Row({ workspace, row, isDeleted, lately, cost, hasRuns, onTag, onRun, onError }: TableProps & {
  row: Listed; lately: Lately | undefined; cost: string | undefined; hasRuns: boolean; onError: (error: unknown) => void;
}) {
  const problems = row.problems.length;
  return (
    <tr>
      <th scope="row">
        {isDeleted ? row.name : <Link to="/w/$workspace/pipelines/$pipeline" params={{ workspace, pipeline: row.id }}>{row.name}</Link>}
        {row.tags.map((tag) => <Plain key={tag} className="tagged is-button" aria-label={`${words.pipelines.withTag} ${tag}`} onPress={() => onTag(tag)}>{tag}</Plain>)}
        {problems > 0 && <span className="row-problems">{problems} {problems === 1 ? words.pipelines.problem : words.pipelines.problems}</span>}
      </th>
      <td data-label={isDeleted ? words.pipelines.deletedAt : words.pipelines.lastRun}>
        {isDeleted && row.deleted_at ? <span title={clock(row.deleted_at)}>{ago(row.deleted_at)}</span> : lately ? (
          <Link to="/w/$workspace/runs/$run" params={{ workspace, run: lately.last.run_id }} className="last-run">
            <Status status={lately.last.status} /> <span className="quiet small" title={clock(lately.last.created_at)}>{ago(lately.last.created_at)}</span>
          </Link>
        ) : <span className="quiet">{hasRuns ? words.pipelines.notLately : ""}</span>}
      </td>
      <td className="is-number" data-label={words.pipelines.success}>
        {lately && lately.ended > 0 ? <span title={`${lately.completed} ${words.pipelines.of} ${lately.ended}`}>{Math.round((100 * lately.completed) / lately.ended)} %</span> : <span className="quiet">–</span>}
      </td>
      <td className="is-number" data-label={words.pipelines.cost}>{cost ?? ""}</td>
      <td data-label={words.pipelines.changed}><span title={clock(row.updated_at)}>{ago(row.updated_at)}</span></td>
      <td className="row-acts">
        {isDeleted
          ? <Restore workspace={workspace} row={row} onError={onError} />
          : <Acts workspace={workspace} row={row} onRun={onRun} onError={onError} />}
      </td>
    </tr>
  );
}

function Acts({ workspace, row, onRun, onError }: Pick<TableProps, "workspace" | "onRun"> & { row: Listed; onError: (error: unknown) => void }) {
  const { may } = useSession();
  const readAgain = useReadAgain();
  const navigate = useNavigate();
  const act = async (what: Act) => {
    onError(null);
    try {
      const opened = await actOn(row, what);
      readAgain("pipelines", workspace);
      if (opened) await navigate({ to: "/w/$workspace/pipelines/$pipeline", params: { workspace, pipeline: opened } });
    } catch (wrong) {
      onError(wrong);
    }
  };
  const whyNot = !may("member") ? words.pipelines.onlyMembers : row.problems.length > 0 ? words.pipelines.cannotRun : undefined;
  return (
    <>
      <span title={whyNot}><Button small onPress={() => onRun(row)} isDisabled={Boolean(whyNot)} aria-label={`${words.pipelines.run} ${row.name}`}>{words.pipelines.run}</Button></span>
      <MenuTrigger>
        <Plain className="button quiet is-small" aria-label={`${words.pipelines.actions}: ${row.name}`}>⋯</Plain>
        <Popover className="menu-over">
          <Menu className="menu" onAction={(key) => void act(key as Act)} disabledKeys={ACTS.filter(([, role]) => !may(role)).map(([key]) => key)}>
            {ACTS.map(([key, role]) => (
              <MenuItem key={key} id={key} className="menu-item" textValue={words.pipelines.acts[key]}>
                {words.pipelines.acts[key]} {!may(role) && <span className="quiet small">{words.pipelines.needs[role]}</span>}
              </MenuItem>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
    </>
  );
}

function Restore({ workspace, row, onError }: { workspace: string; row: Listed; onError: (error: unknown) => void }) {
  const { may } = useSession();
  const readAgain = useReadAgain();
  const restore = () => restorePipeline(row.id)
    .then(() => readAgain("pipelines", workspace))
    .catch(onError);
  return <Button small onPress={() => void restore()} isDisabled={!may("member")} aria-label={`${words.pipelines.restore} ${row.name}`}>{words.pipelines.restore}</Button>;
}
