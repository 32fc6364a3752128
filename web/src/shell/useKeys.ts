// Keys that work on every page: Cmd/Ctrl+K, `?`, and `g` with the letter of a page.

import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { PLACES } from "./places";

const TOGETHER_MS = 1_200;

export function useKeys(workspace: string, act: { palette: () => void; keys: () => void }): void {
  const navigate = useNavigate();
  const current = useRef(act);
  current.current = act;
  useEffect(() => {
    let goes = 0;
    const pressed = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey) && !event.altKey && !event.shiftKey) {
        event.preventDefault();
        current.current.palette();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target) || event.defaultPrevented) return;
      if (event.key === "?") {
        event.preventDefault();
        current.current.keys();
      } else if (event.key === "g") {
        goes = event.timeStamp;
      } else if (event.timeStamp - goes < TOGETHER_MS) {
        goes = 0;
        const place = PLACES.find(({ key }) => key === event.key);
        if (place) void navigate({ to: place.to, params: { workspace } });
      }
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [workspace, navigate]);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest("input, textarea, select, [role=dialog], [role=menu], [role=listbox]") !== null;
}
