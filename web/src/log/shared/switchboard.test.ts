import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Link } from "../wire/line.js";
import { type Answer, frame, madeApi, type MadeApi, status, step, stream } from "../made_api.js";
import type { Asked, Port, Told } from "./protocol.js";
import { Switchboard } from "./switchboard.js";

const BEGUN = frame(1, "run.started") + step(2, "step.ready") + step(3, "step.started");
const END = 'id: 7\nevent: end\ndata: {"status":"completed"}\n\n';
const DONE = frame(7, "run.completed", { result: [] }) + END;

/** A page: what it was told of each of its ears. */
class Page {
  readonly ids: Record<number, number[]> = {};
  readonly links: Record<number, Link["state"]> = {};
  restarts = 0;
  readonly #port: Port<Asked, Told>;

  constructor(switchboard: Switchboard) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#port.onmessage = ({ data }) => this.#hear(data);
    switchboard.accept(port2);
  }

  say(asked: Asked): void {
    this.#port.postMessage(asked);
  }

  join(ear: number, url: string, after: number | null = null, isFeed = false): void {
    this.say({ ask: "join", ear, wanted: { url, headers: {}, after, isFeed } });
  }

  close(): void {
    this.say({ ask: "bye" });
    this.#port.close();
  }

  #hear(told: Told): void {
    if (told.tell === "heard") (this.ids[told.ear] ??= []).push(...told.events.map(({ id }) => id));
    if (told.tell === "became") this.links[told.ear] = told.link.state;
    if (told.tell === "restarted") this.restarts++;
  }
}

let switchboard: Switchboard;
let pages: Page[];
let api: MadeApi;

function page(): Page {
  const made = new Page(switchboard);
  pages.push(made);
  return made;
}

function shows(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 60_000 });
}

async function answering(...answers: readonly Answer[]): Promise<string> {
  api = await madeApi(...answers);
  return api.url;
}

beforeEach(() => {
  switchboard = new Switchboard();
  pages = [];
});

afterEach(async () => {
  for (const each of pages) each.close();
  await api.close();
});

describe("one worker for all pages", () => {
  test("one connection tells all pages, also who joins later and who goes on", async () => {
    const url = await answering(stream(BEGUN, true));
    const [first, later, resumed] = [page(), page(), page()];
    first.join(1, url);
    await shows(() => expect(first.ids[1]).toEqual([1, 2, 3]));
    later.join(5, url);
    resumed.join(6, url, 2);
    await shows(() => expect([later.ids[5], resumed.ids[6]]).toEqual([[1, 2, 3], [3]]));
    expect([later.links[5], api.requests.length]).toEqual(["live", 1]);
  });

  test("a stream is read while a page listens, and what has ended is asked for anew", async () => {
    const url = await answering(stream(BEGUN, true), stream(BEGUN + DONE), status(204));
    const [a, b] = [page(), page()];
    a.join(1, url);
    b.join(1, url);
    await shows(() => expect(b.ids[1]?.length).toBe(3));
    a.close();
    b.say({ ask: "leave", ear: 1 });
    await shows(() => expect(switchboard.size).toBe(0));
    b.join(2, url);
    await shows(() => expect(b.links[2]).toBe("over"));
    expect(switchboard.size).toBe(0);
    b.join(3, url);
    await shows(() => expect(api.requests.length).toBe(3));
  });

  test("what is refused is told, and asked again when a page joins again", async () => {
    const url = await answering(status(401), stream(BEGUN, true));
    const only = page();
    only.join(1, url);
    await shows(() => expect(only.links[1]).toBe("gone"));
    only.join(1, url);
    await shows(() => expect(only.ids[1]).toEqual([1, 2, 3]));
  });

  test("a gap is filled from what is kept, else by reading again", async () => {
    const url = await answering(stream(BEGUN, true));
    const [whole, part] = [page(), page()];
    whole.join(1, url);
    await shows(() => expect(whole.ids[1]?.length).toBe(3));
    part.join(1, url, 2);
    part.say({ ask: "restart", ear: 1 });
    await shows(() => expect(part.ids[1]).toEqual([3, 1, 2, 3]));
    expect([whole.restarts, part.restarts, api.requests.length]).toEqual([0, 1, 1]);
    part.say({ ask: "restart", ear: 1 });
    await shows(() => expect(whole.ids[1]).toEqual([1, 2, 3, 1, 2, 3]));
    expect([whole.restarts, api.requests.length]).toEqual([1, 2]);
  });

  test("a gap in what has ended is filled by reading it again", async () => {
    const url = await answering(stream(BEGUN + DONE));
    const only = page();
    only.join(1, url);
    await shows(() => expect(only.links[1]).toBe("over"));
    only.say({ ask: "restart", ear: 1 });
    await shows(() => expect([only.ids[1], only.restarts]).toEqual([[1, 2, 3, 7, 1, 2, 3, 7], 1]));
  });

  test("more streams than connections take turns, and each is told all", async () => {
    const url = await answering((answer, request) => {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      answer.write(request.headers["last-event-id"] ? ": again\n\n" : BEGUN);
    });
    const only = page();
    for (let ear = 1; ear <= 6; ear++) only.join(ear, `${url}/${ear}`);
    await shows(() => expect(Object.values(only.ids).map((ids) => ids.length)).toEqual([3, 3, 3, 3, 3, 3]));
  });

  test("a feed goes on behind what a page heard, and says what it missed", async () => {
    const frames = Array.from({ length: 2_500 }, (_, n) => frame(n + 1, "run.started")).join("");
    const url = await answering(stream(frames, true));
    const [first, slept, fell] = [page(), page(), page()];
    first.join(1, url, null, true);
    await shows(() => expect(first.ids[1]?.length).toBe(2_500));
    slept.join(1, url, 2_498, true);
    fell.join(1, url, 3, true);
    await shows(() => expect([slept.ids[1], slept.restarts]).toEqual([[2_499, 2_500], 0]));
    await shows(() => expect([fell.restarts, fell.ids[1]?.at(-1)]).toEqual([1, 2_500]));
  });
});
