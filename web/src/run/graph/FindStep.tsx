// Finds a step by its name; `/` leads here from anywhere on the page.

import { useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { later, Typed } from "../../ui/later";
import { words } from "../../words";
import type { FindNodeProps } from "./FindNode";

export function FindStep({ onFound }: { onFound: (step: number) => void }) {
  const [isOpen, open] = useState(false);
  const [text, setText] = useState("");
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if ((event.target as Element).closest("input, textarea, select, [contenteditable], [role=dialog]")) return;
      event.preventDefault();
      open(true);
    };
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  }, []);
  if (isOpen) return <FindNode text={text} onText={setText} onFound={onFound} onLeft={() => { open(false); setText(""); }} />;
  return <div className="find-step"><Button className="input" onPress={() => open(true)}>{words.run.findHint}</Button></div>;
}

const FindNode = later(() => import("./FindNode").then((found) => found.FindNode), (props: FindNodeProps) => (
  <div className="find-step"><Typed {...props} label={words.run.find} look="input" /></div>
));
