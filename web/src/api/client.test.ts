import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Answer, madeApi, type MadeApi, status } from "../log/made_api";
import { words } from "../words";
import { call, get, onSigned, workspaceOfAddress } from "./client";

const PAGE = "http://127.0.0.1/";

let api: MadeApi | undefined;

async function answering(...answers: readonly Answer[]): Promise<void> {
  api = await madeApi(...answers);
  vi.stubGlobal("document", Object.assign(new EventTarget(), { baseURI: api.url, hidden: false }));
}

beforeEach(() => {
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("document", { baseURI: PAGE });
  vi.stubGlobal("location", new URL(PAGE));
});

afterEach(async () => {
  vi.unstubAllGlobals();
  await api?.close();
  api = undefined;
});

const JSON_TYPE = { "content-type": "application/json" };

test.each<[string, Answer]>([
  ["nobody answers", (answer) => void answer.destroy()],
  ["an answer is cut", (answer) => { answer.writeHead(200, { "content-length": "100" }); answer.write("{", () => answer.destroy()); }],
  ["a proxy answers with a page", status(200, { "content-type": "text/html" }, "<p>Sign in to the network</p>")],
])("%s: it was not reached", async (_, answer) => {
  await answering(answer);
  await expect(get("api/v1/me")).rejects.toMatchObject({ name: "Problem", code: "unreachable", status: 0 });
});

test("nobody waits for ever: what was to be done may have been", async () => {
  await answering(() => undefined);
  await expect(call("POST", "api/v1/runs", { patienceMs: 50 })).rejects.toMatchObject({ code: "unreachable", message: words.ui.unanswered });
  await expect(call("GET", "api/v1/runs", { patienceMs: 50 })).rejects.toMatchObject({ code: "unreachable", message: words.ui.unreachable });
});

test.each([["[]"], ["null"], ["{"], ["<p>Bad gateway</p>"]])("a refusal of %s has no code", async (body) => {
  await answering(status(502, { "retry-after": "7" }, body));
  await expect(get("api/v1/me")).rejects.toMatchObject({ name: "Problem", code: "unknown", status: 502, retryAfterSeconds: 7 });
});

test("a page that is looked at finds that somebody signed in in another tab", async () => {
  const told: boolean[] = [];
  onSigned((isOut) => told.push(isOut));
  await answering(status(401), status(200, JSON_TYPE, "{}"));
  await expect(get("api/v1/runs")).rejects.toMatchObject({ status: 401 });
  window.dispatchEvent(new Event("focus"));
  await vi.waitFor(() => expect(told).toEqual([true, false]), { timeout: 60_000 });
  window.dispatchEvent(new Event("focus"));
  expect(api?.requests.length).toBe(2);
});

test.each([["w/acme/runs", "acme"], ["w/", null], ["sign-in", null], ["w/%E0%A4%A/runs", null]])("the workspace of %s is %s", (path, slug) => {
  vi.stubGlobal("location", new URL(path, PAGE));
  expect(workspaceOfAddress()).toBe(slug);
});
