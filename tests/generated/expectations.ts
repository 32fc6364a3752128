// What all parts share: the types of the generated api, and how an answer is held against a hope.

import type { Client } from "openapi-fetch";
import type { components, paths } from "./api.js";

export type Schemas = components["schemas"];
export type Api = Client<paths>;
/** What was asked and answered: method, path and status. */
export type Told = [method: string, path: string, status: number];

export const FLOW: Schemas["PipelineBody"]["flow"] = {
  nodes: [{ id: "fine?", type: "approval", data: { prompt: "Fine?" } }],
  edges: [],
};
export const PASSES: Schemas["RunOfFlow"]["flow"] = {
  nodes: [{ id: "text", type: "input", data: {} }],
  edges: [],
};
export const LONG = "a long line\n".repeat(6_000);
export const MOST_LOOKS = 5_000;

export function expectData<T>(answer: { data?: T; error?: unknown; response: Response }): NonNullable<T> {
  if (answer.data != null) return answer.data;
  throw new Error(`${answer.response.status} ${answer.response.url}: ${told(answer.error)}`);
}

export function expect(holds: boolean, found: unknown): void {
  if (!holds) throw new Error(`expected otherwise: ${told(found)}`);
}

export function told(value: unknown): string {
  return JSON.stringify(value);
}
