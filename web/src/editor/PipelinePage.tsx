import { Link, useParams } from "@tanstack/react-router";
import { Problem } from "../api/client";
import { Refused } from "../ui/Notice";
import { words } from "../words";
import { PipelineEditor } from "./PipelineEditor";
import { usePipeline } from "./pipeline";
import "./editor.css";

export function PipelinePage() {
  const { workspace, pipeline } = useParams({ from: "/w/$workspace/pipelines/$pipeline" });
  const saved = usePipeline(workspace, pipeline);
  if (saved.data) return <PipelineEditor key={pipeline} workspace={workspace} saved={saved.data} />;
  if (!saved.error) return <p role="status" className="quiet">{words.ui.loading}</p>;
  const isGone = saved.error instanceof Problem && saved.error.status === 404;
  return (
    <div className="page">
      <h1>{isGone ? words.editor.gone : words.editor.pipeline}</h1>
      <Refused error={saved.error} />
      <Link to="/w/$workspace/pipelines" params={{ workspace }}>{words.editor.back}</Link>
    </div>
  );
}
