import { type RefObject, useEffect, useRef } from "react";

/** For a field that has text when it appears: what is typed goes on behind it. */
export function useCaretAtEnd(): RefObject<HTMLInputElement | null> {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const written = input.current?.value.length ?? 0;
    input.current?.setSelectionRange(written, written);
  }, []);
  return input;
}
