import { Button } from "../../ui/Button";
import { words } from "../../words";
import type { Drawing } from "../flow/drawing";
import { Typed } from "../settings/parts";
import { wrongId } from "./renamed";

/** The name by which texts of the flow mean a node. */
export function IdField({ id, savedId, drawing, isDisabled, onRename }: {
  id: string;
  savedId: string;
  drawing: Drawing;
  isDisabled: boolean;
  onRename: (to: string) => void;
}) {
  const isTaken = (to: string) => drawing.nodes.some((node) => node.id === to && to !== id);
  const read = (text: string) => {
    const to = text.trim();
    const wrong = isTaken(to) ? "taken" : to === savedId ? null : wrongId(to);
    if (wrong) return words.editor.wrongId[wrong];
    if (to !== id) onRename(to);
    return undefined;
  };
  return (
    <div className={id === savedId ? undefined : "pair"}>
      <Typed label={words.editor.id} about={words.editor.idAbout} isMono value={id} isDisabled={isDisabled} read={read} />
      {id !== savedId && <Button small isDisabled={isDisabled || isTaken(savedId)} onPress={() => onRename(savedId)}>{words.editor.undoId(savedId)}</Button>}
    </div>
  );
}
