import { Link, useParams } from "@tanstack/react-router";
import { isMissing } from "../api/client";
import { save } from "../pipelines/acts";
import { Button } from "../ui/Button";
import { Notice, Refused } from "../ui/Notice";
import { words } from "../words";
import { Deleted } from "./Deleted";
import { own } from "./draft/store";
import { draftOf, usePipeline } from "./pipeline";
import { PipelineEditor } from "./PipelineEditor";
import "./editor.css";

export function PipelinePage() {
  const { workspace, pipeline } = useParams({ from: "/w/$workspace/pipelines/$pipeline" });
  const saved = usePipeline(workspace, pipeline);
  if (saved.data) return <PipelineEditor key={pipeline} workspace={workspace} saved={saved.data} />;
  if (!saved.error) return <p role="status" className="quiet">{words.ui.loading}</p>;
  const isGone = isMissing(saved.error);
  return (
    <div className="page">
      <h1>{words.editor.pipeline}</h1>
      {isGone ? <Gone workspace={workspace} id={pipeline} onBack={() => void saved.refetch()} /> : <Refused error={saved.error} />}
      <Link to="/w/$workspace/pipelines" params={{ workspace }}>{words.editor.back}</Link>
    </div>
  );
}

// What this browser keeps of it stays at hand.
function Gone({ workspace, id, onBack }: { workspace: string; id: string; onBack: () => void }) {
  const draft = own(draftOf(workspace, id));
  return (
    <>
      <Deleted workspace={workspace} id={id} onBack={onBack} />
      {draft && <Notice actions={<Button small onPress={() => save(`${id}.json`, draft.edits)}>{words.editor.downloadDraft}</Button>}>{words.editor.draftKept}</Notice>}
    </>
  );
}
