// All that waits for who looks: each question whole, to be answered in place, also on a phone.

import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useSession } from "../account/session";
import { useReadAgain } from "../api/again";
import { useHappenings } from "../runs/live";
import { Button } from "../ui/Button";
import { Empty, Notice, Refused } from "../ui/Notice";
import { words } from "../words";
import { QuestionCard } from "./QuestionCard";
import { findQuestions, type Question } from "./questions";
import "./approvals.css";

const said = words.approvals;
const WAITS_MS = 20_000;
const NONE: readonly Question[] = [];

export function ApprovalsPage() {
  const { workspace } = useParams({ from: "/w/$workspace" });
  const { me, may } = useSession();
  const readAgain = useReadAgain();
  const asked = useQuery({
    queryKey: ["approvals", workspace, "questions"],
    queryFn: ({ signal }) => findQuestions(me, signal),
    enabled: may("member"),
    refetchInterval: WAITS_MS,
  });
  const isLive = useHappenings(workspace, useCallback(() => readAgain("approvals", workspace), [readAgain, workspace]));
  // Who may no longer decide does not read the list again: nothing of it waits for them.
  const [shown, hide] = useShown(may("member") ? asked.data?.questions : NONE);
  const open = may("member") ? (asked.data?.questions.length ?? 0) : 0;
  useEffect(() => {
    document.title = open ? `(${open}) ${words.shell.places.approvals} · Penstock` : `${words.shell.places.approvals} · Penstock`;
    return () => { document.title = "Penstock"; };
  }, [open]);
  return (
    <div className="page approvals">
      <div className="spread">
        <h1>{words.shell.places.approvals}</h1>
        {may("member") && <span className={isLive ? "quiet small" : "small"} role="status">{open ? said.waiting(open) : ""}</span>}
      </div>
      {!may("member") && <Notice>{said.viewers}</Notice>}
      <Refused error={asked.error} actions={<Button small onPress={() => void asked.refetch()}>{words.ui.retry}</Button>} />
      {asked.isPending && may("member") && !asked.error && <p className="quiet" role="status">{words.ui.loading}</p>}
      {asked.data && shown.length === 0 && (
        <Empty title={said.none} actions={<Link className="button" to="/w/$workspace/runs" params={{ workspace }}>{said.toRuns}</Link>}><p>{said.noneWhy}</p></Empty>
      )}
      {shown.map(({ question, isGone }) => (
        <QuestionCard key={nameOf(question)} workspace={workspace} question={question} isGone={isGone} onHide={() => hide(nameOf(question))} />
      ))}
      {asked.data?.more && <p className="quiet">{said.more}</p>}
    </div>
  );
}

interface Shown {
  readonly question: Question;
  /** It no longer waits: who looks is told what became of it, until they put it away. */
  readonly isGone: boolean;
}

/** The questions there are, and those that were there when the page was opened or since. */
function useShown(questions: readonly Question[] | undefined): [readonly Shown[], (name: string) => void] {
  const [known, setKnown] = useState<readonly Question[]>([]);
  useEffect(() => {
    if (!questions) return;
    setKnown((before) => {
      const names = new Set(before.map(nameOf));
      const fresh = questions.filter((each) => !names.has(nameOf(each)));
      return fresh.length ? [...before, ...fresh] : before;
    });
  }, [questions]);
  const shown = useMemo(() => {
    const open = new Set((questions ?? []).map(nameOf));
    return known.map((question) => ({ question, isGone: !open.has(nameOf(question)) }));
  }, [known, questions]);
  return [shown, (name) => setKnown((before) => before.filter((each) => nameOf(each) !== name))];
}

function nameOf({ run, step }: Question): string {
  return `${run} ${step}`;
}
