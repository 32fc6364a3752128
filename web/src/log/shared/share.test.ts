import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Heard, Listener } from "../wire/line.js";
import { frame, madeApi, type MadeApi, step, stream } from "../made_api.js";
import type { Asked, Port, Told } from "./protocol.js";
import { type Begun, Sharing } from "./share.js";
import { Switchboard } from "./switchboard.js";

const BEGUN = frame(1, "run.started") + step(2, "step.ready") + step(3, "step.started");

let page: EventTarget;
let api: MadeApi;
let ports: MessagePort[];

beforeEach(async () => {
  page = new EventTarget();
  ports = [];
  vi.stubGlobal("document", Object.assign(new EventTarget(), { hidden: false }));
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  api = await madeApi(stream(BEGUN, true));
});

afterEach(async () => {
  page.dispatchEvent(new Event("pagehide"));
  for (const port of ports) port.close();
  vi.unstubAllGlobals();
  await api.close();
});

// What a page is told: ids, and where it was told to forget what it had.
function hearing(told: (number | "again")[]): Listener {
  return {
    heard: (events: readonly Heard[]) => told.push(...events.map(({ id }) => id)),
    became: () => undefined,
    restarted: () => told.push("again"),
  };
}

function begin(accept: (port: Port<Told, Asked>) => void): Begun {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  accept(port2);
  return { port: port1, onerror: null };
}

function shown(): void {
  page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
}

function shows(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 60_000 });
}

test("a page that is shown again goes on behind what it heard", async () => {
  const switchboard = new Switchboard(), told: (number | "again")[] = [];
  const sharing = new Sharing(() => begin((port) => switchboard.accept(port)));
  const connection = sharing.connect({ url: api.url, headers: {}, after: null }, hearing(told));
  await shows(() => expect(told).toEqual([1, 2, 3]));
  page.dispatchEvent(new Event("pagehide"));
  await shows(() => expect(switchboard.size).toBe(0));
  shown();
  await shows(() => expect(api.requests.length).toBe(2));
  connection.close();
  await shows(() => expect(switchboard.size).toBe(0));
  expect(told).toEqual([1, 2, 3]);
});

test("a beginning that a lost worker was asked for is told by the next", async () => {
  const switchboard = new Switchboard(), told: (number | "again")[] = [];
  let joins = 0;
  const deaf = (port: Port<Told, Asked>) => {
    port.onmessage = ({ data }) => {
      if (data.ask !== "join") return;
      joins++;
      port.postMessage({ tell: "heard", ear: data.ear, events: [{ id: 2, data: "{}" }] });
    };
  };
  const workers = [deaf, (port: Port<Told, Asked>) => switchboard.accept(port)];
  const sharing = new Sharing(() => begin(workers.shift()!));
  const connection = sharing.connect({ url: api.url, headers: {}, after: null }, hearing(told));
  await shows(() => expect([joins, told]).toEqual([1, [2]]));
  connection.restart();
  shown();
  await shows(() => expect(told).toEqual([2, "again", 1, 2, 3]));
  connection.close();
});
