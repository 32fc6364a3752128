// The limits of a workspace as a person types them, and as the api takes them: whole, what is left out is without one.

import type { Schema } from "../../api/client";
import { words } from "../../words";

const GIB = 2 ** 30;

export type Typed = Record<(typeof FIELDS)[number], string> & { readonly steps: string };
export const FIELDS = ["runs_in_flight", "runs_a_minute", "stored_bytes", "tokens_a_month", "cost_usd_a_month", "readers"] as const;

type Limits = Pick<Schema<"LimitsAndUse">, (typeof FIELDS)[number] | "steps_in_flight">;
type Body = Schema<"WorkspaceLimitsBody">;

export function typedOf(limits: Limits): Typed {
  const text = (value: number | string | null) => value?.toString() ?? "";
  return {
    runs_in_flight: text(limits.runs_in_flight), runs_a_minute: text(limits.runs_a_minute), readers: text(limits.readers), tokens_a_month: text(limits.tokens_a_month),
    stored_bytes: limits.stored_bytes === null ? "" : String(limits.stored_bytes / GIB),
    cost_usd_a_month: limits.cost_usd_a_month === null ? "" : String(Number(limits.cost_usd_a_month)),
    steps: Object.entries(limits.steps_in_flight ?? {}).map(([pool, most]) => `${pool}=${most}`).join(" "),
  };
}

interface Rule { readonly fits: (text: string) => boolean; readonly otherwise: "whole" | "number" }

const WHOLE: Rule = { fits: (text) => /^[1-9]\d*$/.test(text), otherwise: "whole" };
// A limit that is not here is a whole number.
const RULES: Partial<Record<(typeof FIELDS)[number], Rule>> = {
  stored_bytes: { fits: (text) => Number(text) > 0, otherwise: "number" },
  cost_usd_a_month: { fits: (text) => /^\d{1,9}(\.\d{1,6})?$/.test(text), otherwise: "number" },
};

/** What is wrong with what was typed, by field. */
export function wrongIn(typed: Typed): Partial<Record<keyof Typed, string>> {
  const said = words.account.limits.wrong;
  const wrong: Partial<Record<keyof Typed, string>> = {};
  for (const name of FIELDS) {
    const text = typed[name].trim();
    const { fits, otherwise } = RULES[name] ?? WHOLE;
    if (text !== "" && !fits(text)) wrong[name] = said[otherwise];
  }
  if (!stepsIn(typed.steps)) wrong.steps = said.steps;
  return wrong;
}

export function bodyOf(typed: Typed): Body {
  const whole = (text: string) => (text.trim() === "" ? null : Number(text));
  const steps = stepsIn(typed.steps) ?? {};
  return {
    runs_in_flight: whole(typed.runs_in_flight), runs_a_minute: whole(typed.runs_a_minute), readers: whole(typed.readers), tokens_a_month: whole(typed.tokens_a_month),
    stored_bytes: typed.stored_bytes.trim() === "" ? null : Math.round(Number(typed.stored_bytes) * GIB),
    cost_usd_a_month: typed.cost_usd_a_month.trim() || null,
    steps_in_flight: Object.keys(steps).length > 0 ? steps : null,
  };
}

/** `default=8 local=2` by pool; null where it is something else. */
function stepsIn(text: string): Record<string, number> | null {
  const found: [string, number][] = [];
  for (const each of text.split(/[\s,]+/).filter(Boolean)) {
    const [, pool, most] = /^([^=]+)=([1-9]\d*)$/.exec(each) ?? [];
    if (!pool) return null;
    found.push([pool, Number(most)]);
  }
  return Object.fromEntries(found);
}
