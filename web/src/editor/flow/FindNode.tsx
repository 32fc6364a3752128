import { useMemo, useRef, useState } from "react";
import { ComboBox, Input, ListBox, ListBoxItem, Popover } from "react-aria-components";
import { words } from "../../words";
import type { Drawing } from "./drawing";

const MOST_SHOWN = 50;

/** Finds a node by its name, its id or its kind, and goes there. */
export function FindNode({ drawing, onFound }: { drawing: Drawing; onFound: (id: string) => void }) {
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const found = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    const fits = drawing.nodes.filter((node) => !wanted || `${node.label}\n${node.id}\n${node.type}`.toLowerCase().includes(wanted));
    return fits.slice(0, MOST_SHOWN).map((node) => ({ id: node.id, label: node.label, type: node.type }));
  }, [drawing, text]);
  return (
    <ComboBox aria-label={words.editor.findNode} className="find-node" items={found} inputValue={text} onInputChange={setText} menuTrigger="focus"
      allowsEmptyCollection selectedKey={null} onSelectionChange={(key) => {
        if (key === null) return;
        onFound(String(key));
        setText("");
      }}>
      <Input ref={field} className="input" placeholder={words.editor.findNode} />
      <Popover className="menu-over">
        <ListBox<(typeof found)[number]> className="menu" renderEmptyState={() => <p className="quiet small">{words.editor.nothingFound}</p>}>
          {(node) => <ListBoxItem id={node.id} textValue={node.label} className="menu-item"><span className="clip">{node.label}</span> <span className="quiet small">{node.type}</span></ListBoxItem>}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
