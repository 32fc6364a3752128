import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSession } from "../../account/session";
import { useReadAgain } from "../../api/again";
import { call, get, type Schema } from "../../api/client";
import { Button } from "../../ui/Button";
import { Refused } from "../../ui/Notice";
import { count } from "../../ui/figures";
import { words } from "../../words";

type Job = Schema<"JobShape">;
const said = words.runs;
const LAST_MS = 60_000;

/** Jobs over many runs: those under way, and those that have just ended. */
export function Jobs({ workspace }: { workspace: string }) {
  const [unseen, setUnseen] = useState<ReadonlySet<string>>(new Set());
  const jobs = useQuery({
    queryKey: ["runs", workspace, "jobs"],
    queryFn: ({ signal }) => get<Schema<"JobPage">>("api/v1/jobs", { limit: 10 }, signal),
    refetchInterval: ({ state }) => (state.data?.items.some(({ status }) => status === "running") ? 1_000 : 15_000),
  });
  const shown = (jobs.data?.items ?? []).filter((job) => !unseen.has(job.id) && (job.status === "running" || Date.parse(job.finished_at ?? "") > Date.now() - LAST_MS));
  if (shown.length === 0) return null;
  return (
    <ul className="jobs" aria-label={said.jobs}>
      {shown.map((job) => <OneJob key={job.id} workspace={workspace} job={job} onHide={() => setUnseen(new Set([...unseen, job.id]))} />)}
    </ul>
  );
}

function OneJob({ workspace, job, onHide }: { workspace: string; job: Job; onHide: () => void }) {
  const { may } = useSession();
  const readAgain = useReadAgain();
  const stop = useMutation({
    mutationFn: () => call("POST", `api/v1/jobs/${job.id}/cancel`),
    onSettled: () => readAgain("runs", workspace, "jobs"),
  });
  const seen = job.done + job.skipped + job.failed;
  const title = said.jobTitle[job.kind][job.status];
  return (
    <li className="job">
      <div className="spread">
        <span><strong>{title}</strong> <span className="quiet">{said.progress(count(job.done), count(job.total))}{job.skipped > 0 && ` · ${said.skipped(count(job.skipped))}`}{job.failed > 0 && ` · ${said.failed(count(job.failed))}`}</span></span>
        {job.status === "running"
          ? <Button small look="quiet" isDisabled={!may("member") || stop.isPending} onPress={() => stop.mutate()}>{said.stopJob}</Button>
          : <Button small look="quiet" onPress={onHide}>{words.ui.close}</Button>}
      </div>
      <progress max={Math.max(1, job.total)} value={job.status === "done" ? Math.max(1, job.total) : seen} aria-label={title} />
      {job.waiting_for && <p className="small">{job.waiting_for}</p>}
      {Object.keys(job.reasons).length > 0 && <p className="quiet small">{Object.entries(job.reasons).map(([code, n]) => `${reasonOf(code)}: ${count(n)}`).join(" · ")}</p>}
      <Refused error={stop.error} />
    </li>
  );
}

function reasonOf(code: string): string {
  const known: Record<string, string> = said.reasons;
  return known[code] ?? code;
}
