import { clock } from "../ui/figures";
import { words } from "../words";
import type { Drawing } from "./flow/drawing";
import { variablesOf } from "./flow/placeholders";
import type { Pipeline } from "./pipeline";
import { Problems } from "./Problems";
import { Typed } from "./settings/parts";
import type { Judgement } from "./useJudgement";

/** What is to be said of the whole pipeline while no node is chosen. */
export function PipelinePanel({ pipeline, fields, judgement, drawing, isDisabled, onChoose, onChange }: {
  pipeline: Pipeline;
  fields: Record<string, unknown>;
  judgement: Judgement;
  drawing: Drawing;
  isDisabled: boolean;
  onChoose: (id: string) => void;
  onChange: (field: string, value: unknown) => void;
}) {
  const variables = variablesOf(drawing);
  const tags = Array.isArray(fields.tags) ? fields.tags.map(String) : [];
  return (
    <div className="stack">
      <h2>{words.editor.pipeline}</h2>
      <p className="quiet small">{words.editor.chooseNode}</p>
      <Typed label={words.editor.name} value={String(fields.name ?? "")} isDisabled={isDisabled} read={(text) => {
        if (!text.trim() || text.length > 200) return words.editor.expectedTitle;
        onChange("name", text);
        return undefined;
      }} />
      <Typed label={words.editor.tags} about={words.editor.commas} value={tags.join(", ")} isDisabled={isDisabled}
        read={(text) => void onChange("tags", [...new Set(text.split(",").map((each) => each.trim()).filter(Boolean))].sort())} />
      {variables.length > 0 && <p className="small">{words.editor.variables}: {variables.map((name) => <code key={name} className="tag">{name}</code>)}</p>}
      <Problems judgement={judgement} onChoose={onChoose} />
      <p className="quiet small">{words.editor.version} {pipeline.version_number}, {words.editor.savedAt} {clock(pipeline.updated_at)}</p>
    </div>
  );
}
