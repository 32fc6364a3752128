// What a person decides on a question, wherever it is asked.

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Me } from "../account/session";
import { useReadAgain } from "../api/again";
import { call, Problem, type Schema } from "../api/client";

export type Decision = "approve" | "reject";

/** Whether a member of the workspace may decide: as one of `approvers`, or because these name nobody. */
export function isApprover(approvers: readonly string[] | null, me: Me): boolean {
  if (!approvers) return true;
  const mine = new Set(["member", me.role, me.user?.email.toLowerCase(), me.user?.id]);
  return approvers.some((name) => mine.has(name) || mine.has(name.toLowerCase()));
}

/** Sends a decision with its comment, which is kept over a reload until then. */
export function useDecision({ workspace, run, step }: { workspace: string; run: string; step: number }, onDecided?: () => void) {
  const [comment, setComment] = useComment(`${run}/${step}`);
  const readAgain = useReadAgain();
  const decide = useMutation({
    mutationFn: (decision: Decision) => call<Schema<"Decided">>("POST", `api/v1/runs/${run}/steps/${step}/decision`, {
      body: { decision, comment: comment.trim() || null },
    }),
    onSuccess: () => { setComment(""); onDecided?.(); },
    onError: (error) => { if (error instanceof Problem && error.status === 403) readAgain("me", workspace); },
    onSettled: () => { readAgain("approvals", workspace); readAgain("run", workspace, run, "step", step); },
  });
  return { comment, setComment, decide };
}

function useComment(key: string): [string, (text: string) => void] {
  const place = `penstock comment ${key}`;
  const [text, setText] = useState(() => sessionStorage.getItem(place) ?? "");
  return [text, (next) => {
    setText(next);
    if (next) sessionStorage.setItem(place, next);
    else sessionStorage.removeItem(place);
  }];
}
