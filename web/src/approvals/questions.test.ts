import { describe, expect, it } from "vitest";
import type { Me } from "../account/session";
import { isFor, type Step } from "./questions";

const me = (role: Me["role"], email?: string): Me => ({
  workspace: "w", name: "Ada", role, workspaces: [],
  user: email ? { id: "u1", email, name: "Ada", is_instance_admin: false } : null,
});

function step(approvers: string[] | null, more: Partial<Step> = {}): Step {
  return {
    step: 0, node: "ok", kind: "approval", label: null, status: "waiting", attempt: 1, ready_at: null, started_at: null,
    finished_at: null, model: null, cost_usd: null, error: null, kept: false, json: false,
    usage: {
      input_tokens: 0, output_tokens: 0, thinking_tokens: 0, cache_read_tokens: 0, cache_creation_5m_tokens: 0,
      cache_creation_1h_tokens: 0, web_search_requests: 0, web_fetch_requests: 0,
    },
    approval: {
      prompt: null, approvers, asked_at: "2030-01-31T12:00:00Z", expires_at: null, decision: null, comment: null,
      decided_by: null, decided_at: null, decided_in: null, timed_out: false,
    },
    ...more,
  };
}

describe("a question is for who looks", () => {
  it("if it names them, their role, or nobody", () => {
    expect(isFor(step(null), me("member"))).toBe(true);
    expect(isFor(step(["ada@example.org"]), me("member", "Ada@Example.org"))).toBe(true);
    expect(isFor(step(["u1"]), me("member", "ada@example.org"))).toBe(true);
    expect(isFor(step(["admin"]), me("admin"))).toBe(true);
    expect(isFor(step(["admin"]), me("member"))).toBe(false);
    expect(isFor(step(["ben@example.org"]), me("admin", "ada@example.org"))).toBe(false);
  });

  it("never for a viewer, and not once it is decided", () => {
    expect(isFor(step(null), me("viewer"))).toBe(false);
    const decided = step(null);
    expect(isFor({ ...decided, approval: { ...decided.approval!, decided_at: "2030-01-31T12:01:00Z" } }, me("member"))).toBe(false);
    expect(isFor(step(null, { status: "completed" }), me("member"))).toBe(false);
  });
});
