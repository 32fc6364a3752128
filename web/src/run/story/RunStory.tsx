// The story of a run: how it stands, who is asked, what went wrong, what came out, what happened.

import { Link } from "@tanstack/react-router";
import { Fragment, useMemo, useState } from "react";
import { type Blob, isAsking, isOver, type RunView } from "../../log/index";
import { Button } from "../../ui/Button";
import { clock, count, dollars, duration, tokensOf } from "../../ui/figures";
import { nameOf, StatusMark } from "../../ui/Status";
import { useNow } from "../../ui/now";
import { words } from "../../words";
import { useCosts } from "../costs";
import { type RunNow, useRunNow } from "../context";
import { Decide, Sources } from "../lazyParts";
import { Fault } from "./Fault";
import { Folded, Output } from "../text/Output";
import { Receipt } from "./Receipt";
import { sentencesOf } from "./sentences";
import { timeOfDay } from "../timeOfDay";
import { Waits } from "./Waits";

export function RunStory() {
  const now = useRunNow();
  const { shown, at, steps } = now;
  const asked = steps.filter(({ step }) => { const view = shown.steps[step]; return view && isAsking(view); });
  return (
    <div className="run-story-in">
      <h2 className="unseen">{words.run.story}</h2>
      <Figures now={now} />
      {at === null && !isOver(shown) && <Waits />}
      {at === null && asked.slice(0, 20).map((node) => <Decide key={node.step} node={node} prompt={shown.steps[node.step]?.prompt ?? null} />)}
      {shown.error && <Fault title={words.run.runFailed} error={shown.error} from={failedOf(now)} />}
      {shown.phase === "cancelled" && <Receipt view={shown} steps={steps} />}
      <Results view={shown} now={now} />
      <Given view={shown} run={now.run} />
      <Family now={now} />
      <Happened now={now} />
    </div>
  );
}

function Figures({ now: { shown, steps, at, history } }: { now: RunNow }) {
  const costs = useCosts();
  const isLive = at === null && !isOver(shown);
  const time = useNow(isLive ? 1_000 : null);
  const looked = at === null ? undefined : history.events[at - 1]?.data.at;
  const begun = shown.startedAt, last = shown.endedAt ?? looked;
  const end = last ? Date.parse(last) : isLive ? time : null;
  const done = shown.steps.filter((step) => step && ["completed", "skipped"].includes(step.status)).length;
  const tokens = shown.steps.reduce((sum, step) => sum + tokensOf(step?.usage), 0);
  const saved = costs?.usage.cache_read_tokens ?? 0;
  return (
    <dl className="run-figures">
      <div><dt>{words.run.steps}</dt><dd className="number">{done} {words.run.of} {steps.length}</dd></div>
      <div><dt>{words.run.time}</dt><dd className="number">{begun && end !== null ? duration(Math.max(0, end - Date.parse(begun))) : "–"}</dd></div>
      <div><dt>{words.run.tokensHead}</dt><dd className="number">{count(at === null && costs ? tokensOf(costs.usage) : tokens)}{saved > 0 && at === null && <span className="quiet small"> {count(saved)} {words.run.cached}</span>}</dd></div>
      {at === null && <div><dt>{words.run.cost}</dt><dd className="number">{costs ? dollars(costs.cost_usd) : "–"}</dd></div>}
    </dl>
  );
}

// The node whose failure ended the run.
function failedOf({ shown, steps }: RunNow): string | null {
  return steps.find(({ step }) => shown.steps[step]?.status === "failed" && shown.steps[step]?.error?.code === shown.error?.code)?.node ?? null;
}

function Results({ view, now }: { view: RunView; now: RunNow }) {
  if (view.phase !== "completed") return null;
  const refs = view.result.map((each) => ({ step: Number(each.step), size: Number(each.size_bytes ?? 0) }));
  if (refs.length === 0) return <p className="quiet">{words.run.noOutput}</p>;
  const many = refs.length > 1;
  return <>{refs.slice(0, 20).map(({ step, size }, at) => {
    const known = view.steps[step], node = now.steps[step];
    const title = many ? `${words.run.output}: ${node?.label ?? step}` : words.run.output;
    // A step that has no text of its own, and nothing before it that has, passes on what came into the run.
    const own = known?.blob ?? known?.words.text ?? "", given = view.requested?.input;
    const text: string | Blob = own === "" && size > 0 && given ? (given as string | Blob) : own;
    const isJson = node?.data?.output_schema !== undefined && node.data.output_schema !== null;
    return (
      <Fragment key={at}>
        <Output title={title} text={text} name={`${now.run}-${node?.node ?? step}`} isJson={isJson} />
        {known && known.citations.length > 0 && <Sources citations={known.citations} leftOut={known.citationsLeftOut} />}
      </Fragment>
    );
  })}</>;
}

function Given({ view: { requested }, run }: { view: RunView; run: string }) {
  if (!requested) return null;
  const variables = Object.entries((requested.variables ?? {}) as Record<string, string>);
  const { input } = requested;
  return (
    <section className="run-given">
      <h3>{words.run.given}</h3>
      <Folded title={words.run.input} text={typeof input === "string" ? input : (input as Blob)} name={`${run}-input`} />
      {variables.map(([name, value]) => <Folded key={name} title={`{{${name}}}`} text={value} name={`${run}-${name}`} />)}
    </section>
  );
}

function Family({ now: { parent, forks, workspace } }: { now: RunNow }) {
  if (!parent && forks.length === 0) return null;
  return (
    <section>
      <h3>{words.run.family}</h3>
      <ul className="run-list small">
        {parent && <li>{words.run.forkOf} <Link to="/w/$workspace/runs/$run" params={{ workspace, run: parent.run }} search={{}}><code>{parent.run}</code></Link></li>}
        {forks.slice(0, 20).map((each) => (
          <li key={each.run_id} className="row">
            <StatusMark status={each.status} /> <Link to="/w/$workspace/runs/$run" params={{ workspace, run: each.run_id }} search={{}}>{clock(each.created_at)}</Link> <span className="quiet">{nameOf(each.status)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Happened({ now }: { now: RunNow }) {
  const [most, setMost] = useState(100);
  const { history, count: all, at, steps, setSelected } = now;
  const upTo = at ?? all;
  const { sentences, more } = useMemo(
    () => sentencesOf(history.events, upTo, (step) => steps[step]?.label ?? `${words.run.step} ${step}`, most),
    [history, upTo, steps, most],
  );
  return (
    <section>
      <h3>{words.run.happened}</h3>
      {more > 0 && <Button look="quiet" small onPress={() => setMost(most * 4)}>{words.run.earlier} ({more})</Button>}
      <ol className="run-happened">
        {sentences.map((each) => (
          <li key={each.id} className={`is-${each.tone}`}>
            <time className="number quiet small" dateTime={each.at} title={clock(each.at)}>{timeOfDay(each.at)}</time>
            {each.step === null ? <span dir="auto">{each.text}</span> : (
              <button type="button" className="run-sentence" dir="auto" onClick={() => setSelected(each.step)}>{each.text}</button>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
