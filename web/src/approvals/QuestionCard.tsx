import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { get, Problem } from "../api/client";
import { Markdown } from "../run/text/Markdown";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { ago, bytes, clock } from "../ui/figures";
import { Notice, Refused } from "../ui/Notice";
import { useNow } from "../ui/now";
import { StatusMark } from "../ui/Status";
import { words } from "../words";
import { useDecision } from "./decision";
import { type Detail, findGiven, type Given, type Question } from "./questions";

const said = words.approvals;

export function QuestionCard({ workspace, question, isGone, onHide }: { workspace: string; question: Question; isGone: boolean; onHide: () => void }) {
  const { run, step, label, prompt, pipeline, approvers, askedAt, expiresAt } = question;
  const now = useNow(5_000);
  const title = prompt ?? said.noPrompt;
  return (
    <article className="sheet question" aria-label={label}>
      <div className="question-head">
        <StatusMark status="waiting" />
        <p className="quiet small">
          <Link to="/w/$workspace/runs/$run" params={{ workspace, run }}>{pipeline ?? said.aRun}</Link> · {label} · <time dateTime={askedAt} title={clock(askedAt)}>{said.asked(ago(askedAt, now))}</time>
        </p>
      </div>
      <h2 className="prompt">{title}</h2>
      <Facts approvers={approvers} expiresAt={expiresAt} now={now} />
      <About workspace={workspace} question={question} />
      <Answer workspace={workspace} run={run} step={step} isGone={isGone} onHide={onHide} />
    </article>
  );
}

function Facts({ approvers, expiresAt, now }: { approvers: readonly string[] | null; expiresAt: string | null; now: number }) {
  const names: Record<string, string> = said.roles;
  return (
    <p className="small quiet">
      {said.who(approvers ? approvers.map((name) => names[name] ?? name).join(", ") : said.anyMember)}
      {expiresAt && <> · <time dateTime={expiresAt} title={clock(expiresAt)} className={Date.parse(expiresAt) - now < 3_600_000 ? "is-soon" : ""}>{said.until(clock(expiresAt), ago(expiresAt, now))}</time></>}
    </p>
  );
}

function About({ workspace, question }: { workspace: string; question: Question }) {
  const given = useQuery({
    queryKey: ["approvals", workspace, "given", question.run, question.step],
    queryFn: ({ signal }) => findGiven(question, signal),
    staleTime: Infinity,
  });
  if (given.isPending) return <p className="quiet small" role="status">{words.ui.loading}</p>;
  if (given.error) return <Refused error={given.error} actions={<Button small onPress={() => void given.refetch()}>{words.ui.retry}</Button>} />;
  return <>{given.data.map((each, at) => <OneGiven key={at} given={each} isOnly={given.data.length === 1} />)}</>;
}

function OneGiven({ given, isOnly }: { given: Given; isOnly: boolean }) {
  const link = given.url === null ? null : new URL(given.url, document.baseURI);
  return (
    <details className="given" open={isOnly || given.size < 1_500}>
      <summary>{given.label || said.input}</summary>
      {given.text === null ? (
        <p>{link && link.origin === location.origin
          ? <a href={link.href} target="_blank" rel="noreferrer noopener">{said.whole(bytes(given.size))}</a> : said.large(bytes(given.size))}</p>
      ) : (
        <div className="prose" tabIndex={0} role="group" aria-label={given.label || said.input}>
          <Markdown text={given.text} />
        </div>
      )}
    </details>
  );
}

function Answer({ workspace, run, step, isGone, onHide }: { workspace: string; run: string; step: number; isGone: boolean; onHide: () => void }) {
  const { comment, setComment, decide } = useDecision({ workspace, run, step });
  const isElsewhere = decide.error instanceof Problem && [404, 409].includes(decide.error.status);
  if (decide.data) {
    const { decision, comment: why } = decide.data;
    return <Outcome tone={decision === "approve" ? "good" : "wait"} text={said.yours[decision]} comment={why} onHide={onHide} />;
  }
  if (isElsewhere || (isGone && decide.isIdle)) return <Elsewhere workspace={workspace} run={run} step={step} onHide={onHide} />;
  return (
    <form className="stack" onSubmit={(event) => event.preventDefault()}>
      <Field label={said.comment} value={comment} onChange={setComment} lines={2} maxLength={10_000} isDisabled={decide.isPending} />
      <Refused error={decide.error} />
      <div className="answers">
        <Button look="main" isDisabled={decide.isPending} onPress={() => decide.mutate("approve")}>
          {decide.isPending && decide.variables === "approve" ? said.approving : said.approve}
        </Button>
        <Button isDisabled={decide.isPending} onPress={() => decide.mutate("reject")}>
          {decide.isPending && decide.variables === "reject" ? said.rejecting : said.reject}
        </Button>
      </div>
    </form>
  );
}

/** It was decided elsewhere, or nobody need decide any more: what became of it. */
function Elsewhere({ workspace, run, step, onHide }: { workspace: string; run: string; step: number; onHide: () => void }) {
  const found = useQuery({
    queryKey: ["approvals", workspace, "outcome", run, step],
    queryFn: ({ signal }) => get<Detail>(`api/v1/runs/${run}/steps/${step}`, undefined, signal),
    refetchInterval: ({ state }) => (state.data?.status === "waiting" ? 1_500 : false),
  });
  const approval = found.data?.approval;
  if (found.isPending) return <p className="quiet small" role="status">{words.ui.loading}</p>;
  const text = approval?.decision
    ? said.elsewhere(said.did[approval.decision], approval.timed_out ? said.time : (approval.decided_by ?? said.somebody), approval.decided_at ? ago(approval.decided_at) : "")
    : found.data?.status === "waiting" ? said.notYours : said.over;
  return <Outcome tone="info" text={text} comment={approval?.comment ?? null} onHide={onHide} />;
}

function Outcome({ tone, text, comment, onHide }: { tone: "good" | "wait" | "info"; text: string; comment: string | null; onHide: () => void }) {
  return (
    <Notice tone={tone} title={text} actions={<Button small look="quiet" onPress={onHide}>{said.putAway}</Button>}>
      {comment && <p className="quoted">{comment}</p>}
    </Notice>
  );
}
