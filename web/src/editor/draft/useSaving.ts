// Saving over what was read and nothing else. What cannot be saved now stays in the draft: it is saved
// once Penstock answers, or once the person has signed in again.

import { useEffect, useRef, useState } from "react";
import { call, onceSignedIn, Problem } from "../../api/client";
import { conflictsOf, type Edits, type Fields, moved, rebased } from "./edits";
import type { DraftState } from "./useDraft";

const PAUSE_MS = 4_000;

export interface Place<S extends { tag: string }> {
  saved: S;
  draft: DraftState;
  /** Where it stands in the api. */
  path: string;
  read: () => Promise<S>;
  /** Throws Problem, 412 where others saved meanwhile. */
  put: (over: S, edits: Edits, note: string) => Promise<S>;
  fieldsOf: (saved: S) => Fields;
  know: (saved: S) => void;
}

/** Why it is not saved, where that passes: `away`, `signed-out`; or what has to be done first: `deleted`. */
export type Hindrance = "away" | "signed-out" | "deleted";

export function useSaving<S extends { tag: string }>({ saved, draft, path, read, put, fieldsOf, know }: Place<S>) {
  const [note, setNote] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [theirs, setTheirs] = useState<S | null>(null);
  const hindrance = hindranceOf(error);

  const take = (now: S, sent: Edits) => {
    know(now);
    draft.saved(fieldsOf(now), now.tag, sent);
    setError(null);
  };
  const send = async (over: S, edits: Edits) => {
    take(await put(over, edits, note), edits);
    setNote("");
  };
  /** Others saved meanwhile; where that is what was to be saved, as after an answer that was lost, it is. */
  const meet = async (edits: Edits) => {
    const now = await read();
    setError(null);
    if (conflictsOf(moved(edits, edits), fieldsOf(now)).length === 0) take(now, edits);
    else setTheirs(now);
  };
  const attempt = async (act: () => Promise<void>, edits: Edits) => {
    setBusy(true);
    try {
      await act().catch((wrong: unknown) => (isConflict(wrong) ? meet(edits) : Promise.reject(wrong)));
    } catch (wrong) {
      setError(wrong);
    } finally {
      setBusy(false);
    }
  };
  const save = () => attempt(() => send({ ...saved, tag: draft.tag }, draft.edits), draft.edits);

  const again = useRef(() => undefined as void);
  again.current = () => { if (draft.isChanged && !isBusy) void save(); };
  useEffect(() => {
    if (hindrance === "signed-out") return onceSignedIn(() => again.current());
    if (hindrance !== "away") return undefined;
    const timer = setInterval(() => again.current(), PAUSE_MS);
    return () => clearInterval(timer);
  }, [hindrance]);

  return {
    draft, note, setNote, isBusy, error, hindrance, theirs,
    conflict: theirs && conflictsOf(draft.edits, fieldsOf(theirs)),
    close: () => setTheirs(null),
    save,
    drop: () => { setError(null); draft.drop(); },
    /** What others deleted is had back, and saved, unless they changed the same before. */
    restore: () => attempt(async () => {
      await call("POST", `${path}/restore`);
      const now = await read();
      if (conflictsOf(draft.edits, fieldsOf(now)).some((each) => each.isBoth)) await meet(draft.edits);
      else await send(now, draft.edits);
    }, draft.edits),
    /** What is not `isMine` is given up for theirs. */
    resolve: async (isMine: (field: string) => boolean) => {
      if (!theirs) return;
      const kept = rebased(draft.edits, fieldsOf(theirs), isMine);
      know(theirs);
      draft.rebase(fieldsOf(theirs), theirs.tag, isMine);
      setTheirs(null);
      if (Object.keys(kept).length > 0) await attempt(() => send(theirs, kept), kept);
    },
  };
}

export type Saving = Omit<ReturnType<typeof useSaving>, "theirs">;

function isConflict(wrong: unknown): boolean {
  return wrong instanceof Problem && wrong.status === 412;
}

function hindranceOf(error: unknown): Hindrance | null {
  if (!(error instanceof Problem)) return null;
  if (error.status === 0 || error.status >= 502) return "away";
  if (error.status === 401) return "signed-out";
  return error.status === 404 ? "deleted" : null;
}
