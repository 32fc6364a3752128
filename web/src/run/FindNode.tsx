// Finds a step by its name; `/` leads here from anywhere on the page.

import { useEffect, useMemo, useRef, useState } from "react";
import { ComboBox, Input, ListBox, ListBoxItem, Popover } from "react-aria-components";
import { StatusMark } from "../ui/Status";
import { words } from "../words";
import { useRunPage } from "./context";

const MOST = 40;

export function FindNode({ onFound }: { onFound: (step: number) => void }) {
  const { steps, source } = useRunPage();
  const [text, setText] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if ((event.target as Element).closest("input, textarea, select, [contenteditable], [role=dialog]")) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  }, []);
  const found = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    const fits = steps.filter(({ label, node }) => label.toLowerCase().includes(wanted) || node.toLowerCase().includes(wanted));
    return fits.slice(0, MOST).map((each) => ({ id: each.step, label: each.label, node: each.node }));
  }, [steps, text]);
  return (
    <ComboBox
      aria-label={words.run.find} className="find-node" inputValue={text} onInputChange={setText} items={found} selectedKey={null}
      allowsEmptyCollection menuTrigger="focus" onSelectionChange={(key) => { if (key !== null) { setText(""); onFound(Number(key)); } }}
    >
      <Input ref={input} className="input" placeholder={words.run.findHint} />
      <Popover className="menu-over find-node-over">
        <ListBox<(typeof found)[number]> className="menu" renderEmptyState={() => <p className="quiet small find-node-none">{words.run.findNone}</p>}>
          {(each) => (
            <ListBoxItem id={each.id} textValue={each.label} className="menu-item">
              <span className="row"><StatusMark status={source.history.latest.steps[each.id]?.status ?? "pending"} /> <span className="clip">{each.label}</span></span>
              {each.label !== each.node && <span className="quiet small clip">{each.node}</span>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
