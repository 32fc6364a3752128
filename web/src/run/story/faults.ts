// What a failure means to a person: whose it is, what to do, and which button does it.

import { words } from "../../words";

export type Whose = "provider" | "model" | "key" | "flow" | "limit" | "tool" | "penstock" | "setup" | "person" | "ended";

/** The button that helps; `retry` runs again what did not complete, `change` does so from a changed step. */
export type Remedy = "retry" | "keys" | "limit" | "change" | "system";

export interface Meaning {
  readonly whose: Whose;
  readonly remedy: Remedy;
  /** What to do, in a sentence. */
  readonly todo: string;
}

type Same = readonly [Whose, Remedy, readonly string[]];

const ALIKE: readonly Same[] = [
  ["provider", "retry", [
    "overloaded", "rate_limited", "provider_error", "provider_timeout", "conflict", "connection_failed", "connection_lost",
    "truncated_stream", "bad_stream", "bad_response", "first_token_timeout", "idle_timeout", "quiet_timeout",
  ]],
  ["key", "keys", ["authentication", "permission", "billing", "spend_limit", "no_provider_key", "credential_not_opened"]],
  ["model", "retry", ["unknown_stop_reason", "unexpected_tool_use"]],
  ["model", "change", ["refusal", "output_invalid", "too_many_turns", "too_many_tool_calls"]],
  ["flow", "change", [
    "invalid_request", "context_overflow", "request_too_large", "model_not_found", "unsupported_tool", "missing_value", "too_large",
    "schema_timeout", "schema_too_large", "schema_failed", "not_json", "no_output", "step_timeout",
    "expression_failed", "expression_not_boolean", "expression_timeout", "expression_too_large",
  ]],
  ["limit", "limit", ["deadline_exceeded", "budget_exceeded"]],
  ["limit", "change", ["run_too_large"]],
  ["tool", "retry", ["tool_failing", "tool_lost"]],
  ["tool", "change", ["tool_output_too_large"]],
  ["setup", "system", ["queue_timeout", "unknown_provider", "misconfigured", "redirected", "store_full", "poison"]],
  ["penstock", "retry", ["worker_error", "attempt_failed", "internal", "log_lost"]],
  ["person", "retry", ["approval_timeout"]],
  ["ended", "retry", ["ended_by_person", "stopped"]],
];

const OF: ReadonlyMap<string, readonly [Whose, Remedy]> = new Map(
  ALIKE.flatMap(([whose, remedy, codes]) => codes.map((code) => [code, [whose, remedy]] as const)));

/** The codes that have a meaning of their own. */
export const KNOWN: readonly string[] = [...OF.keys()];

/** A code that is not known here is that of something that was asked for and cannot be done. */
export function meaningOf(code: string): Meaning {
  const [whose, remedy] = OF.get(code) ?? ["flow", "change"];
  const own: Readonly<Record<string, string>> = words.run.todo;
  return { whose, remedy, todo: Object.hasOwn(own, code) ? own[code]! : words.run.remedies[remedy] };
}
