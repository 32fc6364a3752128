import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Edits, type Fields, applied, edited, moved, rebased } from "./edits";
import { type Found, forget, keep, others, own } from "./store";

export interface DraftState {
  fields: Fields;
  edits: Edits;
  /** The ETag that the edits began with. */
  tag: string;
  isChanged: boolean;
  /** Drafts that other tabs of this browser left. */
  left: Found[];
  /** The browser has no room to keep it. */
  isUnkept: boolean;
  set(field: string, value: unknown): void;
  undo(field: string): void;
  /** Throw away what is not saved. */
  drop(): void;
  /** What was sent is saved now: what was typed meanwhile is still to be. */
  saved(now: Fields, tag: string, sent: Edits): void;
  /** Go on from what others saved, with what is still wanted. */
  rebase(theirs: Fields, tag: string, kept: (field: string) => boolean): void;
  take(draft: Found): void;
  forget(draft: Found): void;
}

/** What is changed of something that was saved, kept in this browser until it is saved too. */
export function useDraft(of: string, saved: Fields, savedTag: string): DraftState {
  const [state, setState] = useState(() => {
    const draft = own(of);
    return { edits: draft?.edits ?? ({} as Edits), tag: draft?.tag ?? savedTag };
  });
  const [left, setLeft] = useState(() => others(of));
  const [isUnkept, setUnkept] = useState(false);
  const isChanged = Object.keys(state.edits).length > 0;
  const tag = isChanged ? state.tag : savedTag;
  const latest = useRef(state);
  latest.current = { ...state, tag };
  const isLeaving = useRef(false);

  useEffect(() => {
    const write = () => setUnkept(!keep(of, { ...latest.current, at: Date.now() }));
    const timer = setTimeout(write, 300);
    const leave = () => { isLeaving.current = true; write(); };
    const back = () => { isLeaving.current = false; };
    addEventListener("pagehide", leave);
    addEventListener("pageshow", back);
    return () => {
      clearTimeout(timer);
      removeEventListener("pagehide", leave);
      removeEventListener("pageshow", back);
    };
  }, [of, state]);
  useEffect(() => () => { keep(of, { ...latest.current, at: Date.now() }); }, [of]);
  useEffect(() => {
    if (!isUnkept || !isChanged) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [isUnkept, isChanged]);

  const start = (edits: Edits, from: string) => setState({ edits, tag: from });
  const set = useCallback((field: string, value: unknown) => {
    const next = (now: { edits: Edits; tag: string }) => {
      const isFirst = Object.keys(now.edits).length === 0;
      return { edits: edited(now.edits, saved, field, value), tag: isFirst ? savedTag : now.tag };
    };
    setState(next);
    // A page that is left draws no more: what an editor tells in that moment is kept at once.
    latest.current = next(latest.current);
    if (isLeaving.current) keep(of, { ...latest.current, at: Date.now() });
  }, [of, saved, savedTag]);

  const fields = useMemo(() => applied(saved, state.edits), [saved, state.edits]);
  return {
    fields, edits: state.edits, tag, isChanged, left, isUnkept, set,
    undo: (field) => setState(({ edits: { [field]: _, ...rest }, tag: from }) => ({ edits: rest, tag: from })),
    drop: () => start({}, savedTag),
    saved: (now, from, sent) => setState(({ edits }) => ({ edits: rebased(moved(edits, sent), now, () => true), tag: from })),
    rebase: (theirs, from, kept) => setState(({ edits }) => ({ edits: rebased(edits, theirs, kept), tag: from })),
    take: (draft) => { start(draft.edits, draft.tag); forget(draft.place); setLeft(others(of)); },
    forget: (draft) => { forget(draft.place); setLeft(others(of)); },
  };
}
