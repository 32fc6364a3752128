import { afterEach, describe, expect, test, vi } from "vitest";
import type { Link } from "./wire/line.js";
import { frame, madeApi, type MadeApi, type Answer, status, step, stream } from "./made_api.js";
import { type Address, openRun, type RunSource } from "./stream.js";

let api: MadeApi;
let source: RunSource;

async function reading(answers: readonly Answer[], address?: (url: string) => Address): Promise<Link[]> {
  api = await madeApi(...answers);
  source = openRun(address?.(api.url) ?? api.url, { "X-Penstock-Workspace": "acme" });
  const links: Link[] = [];
  source.watch(() => links.push(source.now.link));
  return links;
}

function comesTo(state: Link["state"]): Promise<void> {
  return vi.waitFor(() => expect(source.now.link.state).toBe(state), { timeout: 60_000 });
}

const BEGUN = frame(1, "run.started") + step(2, "step.ready") + step(3, "step.started");
const WORDS = step(4, "step.delta", { offset: 0, text: "Rivers " });
const MORE = step(5, "step.delta", { offset: 7, text: "meet" });
const DONE = step(6, "step.completed", { output: "Rivers meet" }) + frame(7, "run.completed", { result: [] });
const END = 'id: 7\nevent: end\ndata: {"status":"completed"}\n\n';

afterEach(async () => {
  source.close();
  await api.close();
});

describe("a run's stream", () => {
  test("goes on behind the last event, and shows each once", async () => {
    await reading([stream(BEGUN + WORDS), stream(WORDS + MORE), status(503), stream(MORE + DONE + END)]);
    await comesTo("over");
    expect(source.now.view.steps[0]?.words.text).toBe("Rivers meet");
    expect(source.now.view.phase).toBe("completed");
    expect(source.history.events.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(api.requests.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "4", "5", "5"]);
    expect(api.requests[0]?.headers["x-penstock-workspace"]).toBe("acme");
  });

  test("ends at 204, and does not come back", async () => {
    await reading([stream(BEGUN), status(204)]);
    await comesTo("over");
    expect(api.requests.length).toBe(2);
  });

  test.each([400, 401, 403, 404, 410])("a refusal by %i is told and not asked again", async (code) => {
    await reading([status(code), stream(BEGUN + DONE + END)]);
    await comesTo("gone");
    expect(source.now.link).toEqual({ state: "gone", status: code });
    source.retry();
    await comesTo("over");
  });

  test.each([
    ["408", status(408)], ["425", status(425)], ["429", status(429, { "retry-after": "0" })],
    ["500", status(500)], ["503", status(503)],
    ["a page of a proxy", status(200, { "content-type": "text/html" }, "<p>Sign in to the network</p>")],
    ["a connection that is cut", (answer: Parameters<Answer>[0]) => void answer.destroy()],
    ["a stream that is no JSON", stream("id: 1\ndata: {\n\n")],
  ] as const)("comes back after %s", async (_, first) => {
    await reading([first, stream(BEGUN + DONE + END)]);
    await comesTo("over");
    expect(source.now.view.phase).toBe("completed");
  });

  test("a gap in a text reads the run again from its beginning", async () => {
    await reading([stream(BEGUN + MORE), stream(BEGUN + WORDS + MORE + DONE + END)]);
    await comesTo("over");
    expect(api.requests.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, undefined]);
    expect(source.now.view.needsReread).toBe(false);
    expect(source.now.count).toBe(7);
  });

  test("a gap reads the run again, though its end came in the same piece", async () => {
    await reading([stream(BEGUN + MORE + DONE + END), stream(BEGUN + WORDS + MORE + DONE + END)]);
    await vi.waitFor(() => expect(source.now.view.phase).toBe("completed"), { timeout: 60_000 });
    expect(source.history.events.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test("a byte order mark, and characters cut between pieces, are read", async () => {
    const text = "\uFEFF" + BEGUN + step(4, "step.delta", { offset: 0, text: "🌊ß" });
    const bytes = new TextEncoder().encode(text);
    await reading([(answer) => {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      const inTwo = bytes.length - 6;
      answer.write(bytes.subarray(0, inTwo), () => answer.end(bytes.subarray(inTwo)));
    }, stream(DONE + END)]);
    await vi.waitFor(() => expect(source.history.events.length).toBeGreaterThan(3), { timeout: 60_000 });
    expect(source.history.at(4).steps[0]?.words).toEqual({ text: "🌊ß", points: 2 });
    await comesTo("over");
  });

  test("a fresh address takes the place of one whose ticket has expired", async () => {
    const given: string[] = [];
    await reading([stream(BEGUN), status(401), stream(DONE + END)], (url) => async () => {
      given.push(`${url}?ticket=${given.length}`);
      return given.at(-1)!;
    });
    await comesTo("over");
    expect(given.length).toBe(2);
    expect(api.requests.map(({ url }) => url)).toEqual(["/events?ticket=0", "/events?ticket=0", "/events?ticket=1"]);
    expect(api.requests[2]?.headers["last-event-id"]).toBe("3");
  });

  test("one that was never good is not asked for again", async () => {
    await reading([status(401)], (url) => async () => url);
    await comesTo("gone");
    expect(api.requests.length).toBe(1);
  });

  test("watchers see one picture until they are told of the next", async () => {
    await reading([stream(BEGUN + WORDS, true)]);
    await vi.waitFor(() => expect(source.now.count).toBe(4), { timeout: 60_000 });
    const now = source.now;
    expect(source.now).toBe(now);
    expect(now.link).toEqual({ state: "live", behind: 0 });
    expect(now.view).toBe(source.history.latest);
  });
});
