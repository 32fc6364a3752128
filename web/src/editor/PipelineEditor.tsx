// A pipeline on its page: its flow, what is chosen in it, what is not saved of it.

import { useMemo, useState } from "react";
import { useSession } from "../account/session";
import { Problem } from "../api/client";
import { RunDialog } from "../pipelines/RunDialog";
import { words } from "../words";
import { ConflictDialog } from "./draft/ConflictDialog";
import { conflictsOf, type Edits, nodeField, nodeOf, rebased } from "./draft/edits";
import { LeftDrafts } from "./draft/LeftDrafts";
import { useDraft } from "./draft/useDraft";
import { EditorHead } from "./EditorHead";
import { type Drawing, known, readDrawing, withData } from "./flow/drawing";
import { FlowView } from "./flow/FlowView";
import { NodePanel } from "./NodePanel";
import { editedData, editedDrawing, fieldsOf, readPipeline, type Saved, savePipeline, useKnow } from "./pipeline";
import { PipelinePanel } from "./PipelinePanel";
import { SaveBar } from "./SaveBar";
import { useAddress } from "./useAddress";
import { countByNode, useJudgement } from "./useJudgement";
import { type Looked, Versions } from "./versions/Versions";

export function PipelineEditor({ workspace, saved }: { workspace: string; saved: Saved }) {
  const { pipeline, tag } = saved;
  const isDisabled = !useSession().may("member") || pipeline.deleted_at !== null;
  const base = useMemo(() => fieldsOf(pipeline), [pipeline]);
  const draft = useDraft(`${workspace}/pipeline/${pipeline.id}`, base, tag);
  const drawn = useMemo(() => readDrawing(pipeline.flow), [pipeline.flow]);
  const changed = useMemo(() => editedData(drawn, draft.edits), [drawn, draft.edits]);
  const drawing = useMemo(() => editedDrawing(drawn, changed), [drawn, changed]);
  const flow = useMemo(() => (changed.size > 0 ? withData(pipeline.flow, changed) : null), [pipeline.flow, changed]);
  const judgement = useJudgement(pipeline, flow);
  const problems = useMemo(() => countByNode(judgement.problems), [judgement.problems]);
  const warnings = useMemo(() => countByNode(judgement.warnings), [judgement.warnings]);
  const edited = useMemo(() => new Set(changed.keys()), [changed]);
  const [chosen, choose] = useAddress("node");
  const [panel, setPanel] = useAddress("panel");
  const [looked, setLooked] = useState<Looked | null>(null);
  const [isRunning, setRunning] = useState(false);
  const saving = useSaving(workspace, saved, draft.edits, draft.tag, draft.saved);
  const shown = looked?.drawing ?? drawing;
  const node = shown.nodes.find((each) => each.id === chosen);
  const isVersions = panel === "versions";

  return (
    <div className="editor">
      <EditorHead workspace={workspace} pipeline={pipeline} name={String(draft.fields.name ?? "")} isDisabled={isDisabled} isVersions={isVersions}
        onVersions={() => { setLooked(null); setPanel(isVersions ? null : "versions"); choose(null); }} onRun={() => setRunning(true)} />
      <LeftDrafts draft={draft} />
      <SaveBar count={Object.keys(draft.edits).length} note={saving.note} onNote={saving.setNote} onSave={() => void saving.save()} onDrop={draft.drop}
        isBusy={saving.isBusy} error={saving.error} isDisabled={isDisabled} />
      <div className="editor-body">
        <FlowView drawing={shown} chosen={chosen} onChoose={choose}
          {...(looked ? { changes: looked.changes } : { problems, warnings, edited })} />
        <aside className="editor-panel" aria-label={words.editor.panel}>
          {node && !isVersions ? (
            <NodePanel key={node.id} workspace={workspace} node={node} drawing={drawing} saved={drawn.nodes.find((each) => each.id === node.id)?.data ?? {}}
              judgement={judgement} isDisabled={isDisabled} onClose={() => choose(null)} onChange={(name, value) => draft.set(nodeField(node.id, name), value)} />
          ) : isVersions ? (
            <Versions workspace={workspace} pipeline={pipeline} isDisabled={isDisabled} isChanged={draft.isChanged} chosen={chosen} onChoose={choose} onLook={setLooked} />
          ) : (
            <PipelinePanel pipeline={pipeline} fields={draft.fields} judgement={judgement} drawing={drawing} isDisabled={isDisabled} onChoose={choose} onChange={draft.set} />
          )}
        </aside>
      </div>
      {saving.conflict && (
        <ConflictDialog conflicts={conflictsOf(draft.edits, fieldsOf(saving.conflict.pipeline))} nameOf={(field) => nameOf(field, drawing)}
          isGone={(field) => isGone(field, saving.conflict)} onClose={saving.close} onChosen={(isMine) => void saving.resolve(isMine)} />
      )}
      {isRunning && <RunDialog workspace={workspace} id={pipeline.id} name={pipeline.name} isChanged={draft.isChanged} onClose={() => setRunning(false)} />}
    </div>
  );
}

/** Saving, bound to what was read; where others saved meanwhile both versions are at hand. */
function useSaving(workspace: string, saved: Saved, edits: Edits, tag: string, done: (now: ReturnType<typeof fieldsOf>, tag: string) => void) {
  const know = useKnow(workspace);
  const [note, setNote] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [conflict, setConflict] = useState<Saved | null>(null);

  const put = async (over: Saved, wanted: Edits) => {
    setBusy(true);
    setError(null);
    try {
      const now = await savePipeline(over, wanted, note);
      know(now);
      done(fieldsOf(now.pipeline), now.tag);
      setConflict(null);
      setNote("");
    } catch (wrong) {
      if (wrong instanceof Problem && wrong.status === 412) setConflict(await readPipeline(saved.pipeline.id));
      else setError(wrong);
    } finally {
      setBusy(false);
    }
  };
  return {
    note, setNote, isBusy, error, conflict,
    close: () => setConflict(null),
    save: () => put({ ...saved, tag }, edits),
    resolve: async (isMine: (field: string) => boolean) => {
      if (!conflict) return;
      const theirs = fieldsOf(conflict.pipeline);
      const kept = rebased(edits, theirs, isMine);
      know(conflict);
      done(theirs, conflict.tag);
      await put(conflict, kept);
    },
  };
}

function isGone(field: string, theirs: Saved | null): boolean {
  const place = nodeOf(field);
  return Boolean(place && theirs && !readDrawing(theirs.pipeline.flow).nodes.some((node) => node.id === place.id));
}

function nameOf(field: string, drawing: Drawing): string {
  const place = nodeOf(field);
  if (!place) return field === "name" ? words.editor.name : words.editor.tags;
  const node = drawing.nodes.find((each) => each.id === place.id);
  return `${node?.label ?? place.id}: ${known<string>(words.editor.settings, place.name) ?? place.name}`;
}
