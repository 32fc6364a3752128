// A pipeline on its page: its flow, what is chosen in it, what is not saved of it.

import { useCallback, useMemo, useState } from "react";
import { known } from "../api/json";
import { useSession } from "../account/session";
import { RunDialog } from "../pipelines/RunDialog";
import { useAddress } from "../shell/address";
import { words } from "../words";
import { ConflictDialog } from "./draft/ConflictDialog";
import { idsIn, nodeOf } from "./draft/edits";
import { LeftDrafts } from "./draft/LeftDrafts";
import { useDraft } from "./draft/useDraft";
import { useSaving } from "./draft/useSaving";
import { EditorHead } from "./EditorHead";
import { type Drawing, readDrawing } from "./flow/drawing";
import { FlowView } from "./flow/FlowView";
import { LastNote } from "./lately/LastResults";
import { LastRunOf, useLastRun } from "./lately/lastRun";
import { NodePanel } from "./NodePanel";
import { draftOf, editedData, editedDrawing, editedFlow, fieldsOf, readPipeline, type Saved, savePipeline, useKnow } from "./pipeline";
import { PipelinePanel } from "./PipelinePanel";
import { changesOf } from "./rename/changes";
import { SaveBar } from "./SaveBar";
import { countByNode, useJudgement } from "./useJudgement";
import { type Looked, Versions } from "./versions/Versions";

export function PipelineEditor({ workspace, saved }: { workspace: string; saved: Saved }) {
  const { pipeline, tag } = saved;
  const isDisabled = !useSession().may("member") || pipeline.deleted_at !== null;
  const base = useMemo(() => fieldsOf(pipeline), [pipeline]);
  const draft = useDraft(draftOf(workspace, pipeline.id), base, tag);
  const drawn = useMemo(() => readDrawing(pipeline.flow), [pipeline.flow]);
  const changed = useMemo(() => editedData(drawn, draft.edits), [drawn, draft.edits]);
  const flow = useMemo(() => editedFlow(pipeline.flow, drawn, draft.edits), [pipeline.flow, drawn, draft.edits]);
  const ids = useMemo(() => idsIn(draft.edits), [draft.edits]);
  const drawing = useMemo(() => editedDrawing(drawn, changed, ids, pipeline.flow, flow), [drawn, changed, ids, pipeline.flow, flow]);
  const judgement = useJudgement(pipeline, flow);
  const problems = useMemo(() => countByNode(judgement.problems), [judgement.problems]);
  const warnings = useMemo(() => countByNode(judgement.warnings), [judgement.warnings]);
  const edited = useMemo(() => new Set([...changed.keys(), ...ids.keys()].map((id) => ids.get(id) ?? id)), [changed, ids]);
  const [address, change] = useAddress();
  const chosen = address.get("node"), isVersions = address.get("panel") === "versions";
  const choose = useCallback((id: string | null) => change({ node: id }), [change]);
  const [looked, setLooked] = useState<Looked | null>(null);
  const [isRunning, setRunning] = useState(false);
  const saving = useSaving<Saved>({
    saved, draft, path: `api/v1/pipelines/${encodeURIComponent(pipeline.id)}`, read: () => readPipeline(pipeline.id), put: savePipeline,
    fieldsOf: (now) => fieldsOf(now.pipeline), know: useKnow(workspace),
  });
  const last = useLastRun(workspace, pipeline, drawing);
  const shown = looked?.drawing ?? drawing;
  const node = shown.nodes.find((each) => each.id === chosen);
  const changes = changesOf(draft, drawing);

  return (
    <div className="editor">
      <EditorHead workspace={workspace} pipeline={pipeline} name={String(draft.fields.name ?? "")} isDisabled={isDisabled} isVersions={isVersions}
        onVersions={() => { setLooked(null); change({ panel: isVersions ? null : "versions", node: null }); }} onRun={() => setRunning(true)} />
      <LeftDrafts draft={draft} />
      <SaveBar saving={saving} isDisabled={isDisabled} />
      <LastRunOf value={looked ? null : last}>
      <div className="editor-body">
        <FlowView drawing={shown} chosen={chosen} onChoose={choose} note={<LastNote workspace={workspace} />}
          {...(looked ? { changes: looked.changes } : { problems, warnings, edited })} />
        <aside className="editor-panel" aria-label={words.editor.panel}>
          {node && !isVersions ? (
            <NodePanel key={changes.savedIdOf(node.id)} workspace={workspace} node={node} drawing={drawing} isDisabled={isDisabled} judgement={judgement} changes={changes}
              saved={drawn.nodes.find((each) => each.id === changes.savedIdOf(node.id))?.data ?? {}}
              onClose={() => choose(null)} onRename={(to) => { changes.rename(node, to); choose(to); }} />
          ) : isVersions ? (
            <Versions workspace={workspace} pipeline={pipeline} isDisabled={isDisabled} isChanged={draft.isChanged} chosen={chosen} onChoose={choose} onLook={setLooked} />
          ) : (
            <PipelinePanel pipeline={pipeline} fields={draft.fields} judgement={judgement} drawing={drawing} isDisabled={isDisabled} onChoose={choose} onChange={draft.set} />
          )}
        </aside>
      </div>
      </LastRunOf>
      {saving.conflict && (
        <ConflictDialog conflicts={saving.conflict} nameOf={(field) => nameOf(field, drawn)}
          isGone={(field) => isGone(field, saving.theirs)} onClose={saving.close} onChosen={(isMine) => void saving.resolve(isMine)} />
      )}
      {isRunning && <RunDialog workspace={workspace} id={pipeline.id} name={pipeline.name} isChanged={draft.isChanged} onClose={() => setRunning(false)} />}
    </div>
  );
}

function isGone(field: string, theirs: Saved | null): boolean {
  const place = nodeOf(field);
  return Boolean(place && theirs && !readDrawing(theirs.pipeline.flow).nodes.some((node) => node.id === place.id));
}

function nameOf(field: string, drawing: Drawing): string {
  const place = nodeOf(field);
  if (!place) return field === "name" ? words.editor.name : words.editor.tags;
  const node = drawing.nodes.find((each) => each.id === place.id);
  if (place.isId) return `${node?.label ?? place.id}: ${words.editor.id}`;
  return `${node?.label ?? place.id}: ${place.name === null ? words.editor.ways : known<string>(words.editor.settings, place.name) ?? place.name}`;
}
