// What a failure means to a person: whose it is, what to do, and which button does it.

export type Whose = "provider" | "key" | "flow" | "limit" | "tool" | "penstock" | "person";
export type Remedy = "retry" | "keys" | "limit" | "edit" | "system";

export interface Meaning {
  readonly whose: Whose;
  readonly remedy: Remedy;
}

const OF: Readonly<Record<string, readonly [Whose, Remedy]>> = {
  overloaded: ["provider", "retry"], rate_limited: ["provider", "retry"], provider_error: ["provider", "retry"],
  provider_timeout: ["provider", "retry"], conflict: ["provider", "retry"], connection_failed: ["provider", "retry"],
  connection_lost: ["provider", "retry"], truncated_stream: ["provider", "retry"], bad_stream: ["provider", "retry"],
  bad_response: ["provider", "retry"], first_token_timeout: ["provider", "retry"], idle_timeout: ["provider", "retry"],
  quiet_timeout: ["provider", "retry"], redirected: ["provider", "retry"], unknown_stop_reason: ["provider", "retry"],
  authentication: ["key", "keys"], permission: ["key", "keys"], billing: ["key", "keys"], spend_limit: ["key", "keys"],
  no_provider_key: ["key", "keys"], provider_key_missing: ["key", "keys"], provider_key_invalid: ["key", "keys"], secret_missing: ["key", "keys"],
  deadline_exceeded: ["limit", "limit"], budget_exceeded: ["limit", "limit"],
  approval_timeout: ["person", "retry"], queue_timeout: ["penstock", "system"],
  tool_failing: ["tool", "retry"], tool_lost: ["tool", "retry"], tool_output_too_large: ["tool", "edit"],
  step_timeout: ["flow", "edit"],
};

/** Codes that are not known here mean that the flow asks for what cannot be done, or that it is Penstock's. */
export function meaningOf(code: string): Meaning {
  const [whose, remedy] = OF[code] ?? (code.startsWith("internal") || code.endsWith("_lost") ? ["penstock", "retry"] : ["flow", "edit"]);
  return { whose, remedy };
}
