// What a person does to a run: stop it, run again what failed, run it anew with more room.

import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { call, Problem, type Schema } from "../api/client";
import { useRunPage } from "./context";
import { readWhole } from "./text/stretches";

export type Stopped = Schema<"Cancelled"> | Schema<"Cancelling">;
type Begun = Schema<"Accepted">;

const WAIT_SECONDS = 10;
const AGAIN_MS = 2_000;

/** Gives the keyboard to the story, which tells what came of a button that goes away with what it did. */
export function focusStory(): void {
  document.querySelector<HTMLElement>(".run-story")?.focus({ preventScroll: true });
}

/** To stop twice is to stop once: while nobody answers, it is sent again until somebody does. */
export function useStop() {
  const { run } = useRunPage();
  return useMutation({
    mutationFn: () => call<Stopped>("POST", `api/v1/runs/${run}/cancel`, { query: { wait: WAIT_SECONDS } }),
    networkMode: "always", retry: (_, error) => isAway(error), retryDelay: AGAIN_MS,
  });
}

// Nobody answered, or a proxy did in place of the api.
function isAway(error: Error): boolean {
  return error instanceof Problem && (error.status === 0 || error.status >= 502);
}

/** Runs again what did not complete, as a run of its own, which is opened. */
export function useRetry() {
  const { run } = useRunPage();
  const open = useOpenRun();
  return useMutation({ mutationFn: () => call<Begun>("POST", `api/v1/runs/${run}/retry`), onSuccess: open });
}

/** Runs the same flow on the same input anew, within twice the limits. */
export function useRunWithMore() {
  const { run, drawing, workspace } = useRunPage();
  const open = useOpenRun();
  return useMutation({
    mutationFn: async () => {
      const whole = await call<Schema<"RunShape">>("GET", `api/v1/runs/${run}`);
      const input = typeof whole.input === "string" ? whole.input : await (await readWhole(whole.input.url.replace(/^\/+/, ""), workspace)).text();
      const { deadline_seconds: deadline, max_total_tokens: most } = whole.limits;
      const what = whole.pipeline_id !== null ? { pipeline_id: whole.pipeline_id } : { flow: drawing.drawn };
      const limits = { deadline_seconds: deadline ? deadline * 2 : null, max_total_tokens: most ? most * 2 : null };
      const body = { ...what, input, limits, variables: whole.variables, metadata: whole.metadata, tags: whole.tags, priority: whole.priority };
      return call<Begun>("POST", "api/v1/runs", { body });
    },
    onSuccess: open,
  });
}

function useOpenRun() {
  const { workspace } = useRunPage();
  const navigate = useNavigate();
  return ({ run_id: run }: Begun) => void navigate({ to: "/w/$workspace/runs/$run", params: { workspace, run }, search: {} });
}
