// The questions that wait for who looks, with what they are about.

import { get, type Schema } from "../api/client";
import type { Me } from "../account/session";
import { isApprover } from "./decision";

export type Step = Schema<"StepShape">;
export type Detail = Schema<"StepDetail">;
type Run = Schema<"RunShape">;

export interface Question {
  readonly run: string;
  readonly step: number;
  readonly pipeline: string | null;
  readonly input: string;
  readonly label: string;
  readonly prompt: string | null;
  readonly approvers: readonly string[] | null;
  readonly askedAt: string;
  readonly expiresAt: string | null;
}

const MOST = 50;

/** All that wait for `me`, the longest waiting first; `more` says that there are more than are told. */
export async function findQuestions(me: Me, signal: AbortSignal): Promise<{ questions: Question[]; more: boolean }> {
  const page = await get<Schema<"RunPage">>("api/v1/runs", { waiting_for_me: true, limit: MOST, order: "oldest" }, signal);
  const runs = await Promise.all(page.items.map(({ run_id }) => get<Run>(`api/v1/runs/${run_id}`, undefined, signal).catch(() => null)));
  const questions = runs.flatMap((run) => (run ? questionsOf(run, me) : []));
  questions.sort((one, other) => one.askedAt.localeCompare(other.askedAt));
  return { questions, more: page.next_cursor !== null };
}

/** The open questions of a run that `me` may decide. */
export function questionsOf(run: Run, me: Me): Question[] {
  return run.steps.filter((step) => isFor(step, me)).map((step) => ({
    run: run.run_id, step: step.step, pipeline: run.pipeline_name, input: typeof run.input === "string" ? run.input : "",
    label: step.label ?? step.node, prompt: step.approval?.prompt ?? null, approvers: step.approval?.approvers ?? null,
    askedAt: step.approval?.asked_at ?? run.created_at, expiresAt: step.approval?.expires_at ?? null,
  }));
}

/** Whether a step is an open question that `me` may decide: as one it names, or because it names nobody. */
export function isFor({ status, approval }: Step, me: Me): boolean {
  if (status !== "waiting" || !approval || approval.decided_at) return false;
  return me.role !== "viewer" && isApprover(approval.approvers, me);
}

export interface Given {
  readonly label: string;
  readonly text: string | null;
  readonly size: number;
  readonly url: string | null;
}

/** What a question is about: what the steps before it put out. */
export async function findGiven({ run, step, input }: Question, signal: AbortSignal): Promise<Given[]> {
  const detail = await get<Detail>(`api/v1/runs/${run}/steps/${step}`, undefined, signal);
  const before = await Promise.all(detail.inputs.received.map((source) => get<Detail>(`api/v1/runs/${run}/steps/${source.step}`, undefined, signal)));
  if (before.length === 0) return input ? [{ label: "", text: input, size: input.length, url: null }] : [];
  return before.flatMap(({ label, node, output }): Given[] => {
    if (output === null) return [];
    if (typeof output === "string") return [{ label: label ?? node, text: output, size: output.length, url: null }];
    return [{ label: label ?? node, text: null, size: output.size_bytes, url: output.url }];
  });
}
