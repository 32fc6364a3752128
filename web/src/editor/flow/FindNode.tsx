import { useMemo, useState } from "react";
import { ComboBox, Input, ListBox, ListBoxItem, Popover } from "react-aria-components";
import { words } from "../../words";
import { type Drawing, kindOf } from "./drawing";

const MOST_SHOWN = 20;

/** Finds a node by its name, its id or its kind, and goes there. */
export function FindNode({ drawing, onFound }: { drawing: Drawing; onFound: (id: string) => void }) {
  const [text, setText] = useState("");
  const found = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    const fits = drawing.nodes.filter((node) => !wanted || `${node.label}\n${node.id}\n${node.type}\n${kindOf(node.type)}`.toLowerCase().includes(wanted));
    return fits.slice(0, MOST_SHOWN).map((node) => ({ id: node.id, label: node.label, type: node.type }));
  }, [drawing, text]);
  const go = (id: string) => {
    onFound(id);
    setText("");
  };
  return (
    <ComboBox aria-label={words.editor.findNode} className="find-node" items={found} inputValue={text} onInputChange={setText} menuTrigger="focus"
      allowsEmptyCollection selectedKey={null} onSelectionChange={(key) => {
        if (key !== null) go(String(key));
      }}>
      <Input className="input" placeholder={words.editor.findNode} onKeyDown={(event) => {
        // Whoever types a name and presses Enter means the first that is found.
        const first = found[0];
        if (event.key === "Enter" && text.trim() && first && !event.currentTarget.getAttribute("aria-activedescendant")) go(first.id);
      }} />
      <Popover className="menu-over">
        <ListBox<(typeof found)[number]> className="menu" renderEmptyState={() => <p className="quiet small">{words.editor.nothingFound}</p>}>
          {(node) => <ListBoxItem id={node.id} textValue={node.label} className="menu-item"><span className="clip">{node.label}</span> <span className="quiet small">{kindOf(node.type)}</span></ListBoxItem>}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
