// The field that a step is found in, by its name.

import { useMemo } from "react";
import { ComboBox, Input, ListBox, ListBoxItem, Popover } from "react-aria-components";
import { useCaretAtEnd } from "../../ui/caret";
import { StatusMark } from "../../ui/Status";
import { words } from "../../words";
import { useRunPage } from "../context";

const MOST = 40;

export interface FindNodeProps {
  text: string;
  onText: (text: string) => void;
  onFound: (step: number) => void;
  onLeft: () => void;
}

export function FindNode({ text, onText, onFound, onLeft }: FindNodeProps) {
  const { steps, source } = useRunPage();
  const input = useCaretAtEnd();
  const found = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    const fits = steps.filter(({ label, node }) => label.toLowerCase().includes(wanted) || node.toLowerCase().includes(wanted));
    return fits.slice(0, MOST).map((each) => ({ id: each.step, label: each.label, node: each.node }));
  }, [steps, text]);
  return (
    <ComboBox
      autoFocus onBlur={onLeft}
      aria-label={words.run.find} className="find-step" inputValue={text} onInputChange={onText} items={found} selectedKey={null}
      allowsEmptyCollection menuTrigger="focus" onSelectionChange={(key) => { if (key !== null) { onText(""); onFound(Number(key)); } }}
    >
      <Input ref={input} className="input" placeholder={words.run.findHint} />
      <Popover className="menu-over find-step-over">
        <ListBox<(typeof found)[number]> className="menu" renderEmptyState={() => <p className="quiet small find-step-none">{words.run.findNone}</p>}>
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
