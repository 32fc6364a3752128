import { type Data, known } from "../api/json";
import { Button } from "../ui/Button";
import { words } from "../words";
import { type DrawnNode, type Drawing, kindOf } from "./flow/drawing";
import { LastOfNode } from "./lately/LastResults";
import { List } from "./Problems";
import type { Changes } from "./rename/changes";
import { IdField } from "./rename/IdField";
import { KindForm } from "./settings/KindForm";
import type { Judgement } from "./useJudgement";

/** What the chosen node says, to be changed. */
export function NodePanel({ workspace, node, drawing, saved, judgement, isDisabled, changes, onClose, onRename }: {
  workspace: string;
  node: DrawnNode;
  drawing: Drawing;
  saved: Data;
  judgement: Judgement;
  isDisabled: boolean;
  changes: Changes;
  onClose: () => void;
  onRename: (to: string) => void;
}) {
  const of = (each: { nodes: string[] }) => each.nodes.includes(node.id);
  return (
    <div className="stack">
      <div className="spread">
        <h2 className="clip">{node.label}</h2>
        <Button look="quiet" small onPress={onClose} aria-label={words.ui.close}>✕</Button>
      </div>
      <p className="quiet small">{kindOf(node.type)} <code>{node.id}</code>. {known<string>(words.editor.kindsAbout, node.type) ?? words.editor.unknownKind}</p>
      {isDisabled && <p className="quiet small">{words.editor.onlyMembers}</p>}
      <List items={judgement.problems.filter(of)} tone="bad" onChoose={() => undefined} />
      <List items={judgement.warnings.filter(of)} tone="wait" onChoose={() => undefined} />
      <LastOfNode workspace={workspace} node={node.id} />
      <KindForm workspace={workspace} node={node} id={node.id} data={node.data} saved={saved} drawing={drawing} isDisabled={isDisabled}
        goneEdges={changes.goneEdges(node)} onKeepBranches={() => changes.keepBranches(node)} onChange={(name, value) => changes.change(node, name, value)} />
      <IdField id={node.id} savedId={changes.savedIdOf(node.id)} drawing={drawing} isDisabled={isDisabled} onRename={onRename} />
    </div>
  );
}
