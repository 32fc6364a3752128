// Finds a step by its name; `/` leads here from anywhere on the page.

import { useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { words } from "../words";
import { FindNode } from "./lazyParts";

export function FindStep({ onFound }: { onFound: (step: number) => void }) {
  const [isOpen, open] = useState(false);
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
  if (isOpen) return <FindNode onFound={onFound} onLeft={() => open(false)} />;
  return <div className="find-node"><Button className="input" onPress={() => open(true)}>{words.run.findHint}</Button></div>;
}
