// The story of a step: what it was asked, what it tried, what it is at, what it said, what that cost.

import { useMemo, useState } from "react";
import { useSession } from "../../account/session";
import { isAsking, standsInFor, type StepView } from "../../log/index";
import { Button } from "../../ui/Button";
import { count, dollars, duration, tokensOf } from "../../ui/figures";
import { Status } from "../../ui/Status";
import { useNow } from "../../ui/now";
import { words } from "../../words";
import { Asked } from "./Asked";
import { useCosts } from "../costs";
import { useRunPage, useStep, useTold } from "../context";
import type { StepNode } from "../graph/drawing";
import { Fault } from "./Fault";
import { Decide, ForkDialog, Sources } from "../lazyParts";
import { signsOfLife, took } from "../life";
import { Markdown } from "../text/Markdown";
import { Notes, type StepNotes } from "../noted";
import { Output } from "../text/Output";
import { ToolCalls } from "./ToolCalls";
import { Waits } from "./Waits";

const NOT_BEGUN: ReadonlySet<string> = new Set(["pending", "ready"]);

export function StepStory({ node }: { node: StepNode }) {
  const { at, source, setSelected, run } = useRunPage();
  const step = useStep(node.step);
  const notes = useNotes(node.step);
  const [isForking, fork] = useState(false);
  const isBusy = at === null && (step?.status === "running" || step?.status === "retrying");
  const now = useNow(isBusy ? 1_000 : null);
  const { may } = useSession();
  const why = may("member") ? null : words.time.mayNot;
  const isEnded = useTold(source, () => source.history.latest.endedAt !== null);
  return (
    <div className="run-story-in">
      <div className="spread run-step-top">
        <Button look="quiet" small onPress={() => setSelected(null)}>← {words.run.wholeRun}</Button>
        <span className="row">
          {why && <span className="quiet small">{why}</span>}
          <Button small isDisabled={!isEnded || why !== null} onPress={() => fork(true)}>{words.run.forkHere}</Button>
        </span>
      </div>
      <div className="run-step-title">
        <h2>{node.label}</h2>
        <Status status={step?.status ?? "pending"} />
      </div>
      <Facts node={node} step={step} now={at === null ? now : null} notes={notes} />
      {at === null && (!step || NOT_BEGUN.has(step.status)) && <Waits />}
      {at === null && step && isAsking(step) && <Decide node={node} prompt={step.prompt} />}
      {step && <Decided step={step} />}
      {step && <Attempts step={step} notes={notes} now={now} isLive={at === null} />}
      {step?.error && <Fault title={step.status === "retrying" ? words.run.lastFailed : words.run.stepFailed} error={step.error} from={node.node} isTried={step.status === "retrying"} />}
      {step && <Life step={step} now={now} isLive={at === null} />}
      {step && step.calls.length > 0 && <ToolCalls calls={step.calls} name={`${run}-${node.node}`} />}
      {step && <Said node={node} step={step} notes={notes} name={`${run}-${node.node}`} />}
      {step && step.citations.length > 0 && <Sources citations={step.citations} leftOut={step.citationsLeftOut} />}
      <Asked node={node} />
      {isForking && <ForkDialog from={node.node} onClose={() => fork(false)} />}
    </div>
  );
}

function useNotes(step: number): StepNotes {
  const { source } = useRunPage();
  const notes = useMemo(() => new Notes(), [source]);
  return useTold(source, () => notes.of(source.history.events, step));
}

function Facts({ node, step, now, notes }: { node: StepNode; step: StepView | undefined; now: number | null; notes: StepNotes }) {
  const costs = useCosts();
  const cost = costs?.steps.find((each) => each.step === node.step)?.cost_usd;
  const kinds: Record<string, string> = words.run.kinds;
  const ms = step ? took(step, now) : null, first = step ? standsInFor(step) : null;
  const tokens = tokensOf(step?.usage), searched = step?.usage.web_search_requests, read = step?.usage.web_fetch_requests;
  const model = step?.model ?? (node.kind === "agent" && typeof node.data?.model === "string" ? node.data.model : null);
  const parts = [
    kinds[node.kind] ?? node.kind,
    model && (first ? `${model} ${words.run.inPlaceOf} ${first}` : model),
    step && step.attempt > 1 && `${words.run.attempt} ${step.attempt}`,
    ms !== null && duration(ms),
    tokens > 0 && `${count(tokens)} ${words.run.tokens}`,
    Boolean(step?.usage.cache_read_tokens) && `${count(step?.usage.cache_read_tokens ?? 0)} ${words.run.cached}`,
    searched && `${words.run.searched} ${searched}`,
    read && `${words.run.pagesRead} ${read}`,
    tokens > 0 && cost !== undefined && dollars(cost),
    notes.isKept && step?.status === "completed" && words.run.kept,
    notes.isTruncated && step?.status === "completed" && words.run.truncated,
  ].filter(Boolean);
  return <p className="quiet small run-step-facts">{parts.join(" · ")}</p>;
}

function Decided({ step: { decided } }: { step: StepView }) {
  if (!decided) return null;
  const isYes = decided.decision === "approve", comment = typeof decided.comment === "string" ? decided.comment : null;
  if (decided.type === "step.due") return <p>{words.run.nobody}</p>;
  return (
    <p dir="auto">
      {isYes ? words.run.approvedBy : words.run.rejectedBy} <strong>{String(decided.decided_by ?? words.run.somebody)}</strong>
      {comment && <>: “{comment}”</>}
    </p>
  );
}

function Attempts({ step, notes, now, isLive }: { step: StepView; notes: StepNotes; now: number; isLive: boolean }) {
  const left = notes.retryDue === null ? null : notes.retryDue - now;
  const isNext = step.status === "retrying" && isLive;
  if (step.failures.length === 0 && !isNext) return null;
  return (
    <section>
      <h3>{words.run.attempts}</h3>
      <ol className="run-list run-attempts">
        {step.failures.map((each) => (
          <li key={each.attempt}>
            <span className="run-failed number">{words.run.attempt} {each.attempt}</span>
            <span dir="auto">{each.error.message} <code className="small quiet">{each.error.code}</code>{each.model && <span className="quiet small"> {each.model}</span>}</span>
          </li>
        ))}
        {isNext && <li>{words.run.attempt} {step.attempt + 1} {left !== null && left > 0 ? `${words.run.begins} ${duration(left)}` : words.run.beginsNow}</li>}
      </ol>
    </section>
  );
}

function Life({ step, now, isLive }: { step: StepView; now: number; isLive: boolean }) {
  const signs = isLive ? signsOfLife(step, now) : null;
  return (
    <>
      {signs && <p className="run-life"><span className="run-pulse" aria-hidden="true" /> {signs}</p>}
      {step.thoughts.text && (
        <details className="run-folded" open={step.words.points === 0}>
          <summary>{words.run.thinking} <span className="quiet small number">{count(step.thoughts.points)} {words.run.characters}</span></summary>
          <div className={signs ? "run-thoughts is-coming" : "run-thoughts"} tabIndex={0} role="group" aria-label={words.run.thinking}><Markdown text={step.thoughts.text} /></div>
        </details>
      )}
    </>
  );
}

function Said({ node, step, notes, name }: { node: StepNode; step: StepView; notes: StepNotes; name: string }) {
  const text = step.blob ?? step.words.text;
  if (text === "" && !(step.status === "completed" && node.kind === "agent")) return null;
  const title = step.status === "completed" ? words.run.output : step.status === "cancelled" ? words.run.soFar : words.run.words;
  return <Output title={title} text={text} name={name} isJson={notes.isJson && step.status === "completed"} />;
}
