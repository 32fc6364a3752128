import { useParams } from "@tanstack/react-router";
import { urlOf } from "../api/client";
import { statusOf } from "../log";
import { useRun } from "../log/react";
import { Status } from "../ui/Status";

export function RunPage() {
  const { workspace, run } = useParams({ strict: false });
  const { view } = useRun(run ? urlOf(`api/v1/runs/${encodeURIComponent(run)}/events`) : null, { "X-Penstock-Workspace": workspace ?? "" });
  return (
    <div className="page">
      <h1>{run} <Status status={statusOf(view)} /></h1>
      {view.steps.map((step, number) => step && <pre key={number}>{step.words.text}</pre>)}
    </div>
  );
}
