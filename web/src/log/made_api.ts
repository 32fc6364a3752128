// An api of a test: an HTTP server whose answers the test writes, one for each connection.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Answer = (answer: ServerResponse, request: IncomingMessage) => void;

export interface MadeApi {
  readonly url: string;
  readonly requests: IncomingMessage[];
  close(): Promise<void>;
}

/** Answers with `answers` one after the other, then with the last one again. */
export async function madeApi(...answers: readonly Answer[]): Promise<MadeApi> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, answer) => {
    const next = answers[Math.min(requests.length, answers.length - 1)]!;
    requests.push(request);
    next(answer, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    requests,
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}

/** A stream of these frames, which is cut behind them, or kept open. */
export function stream(frames: string | Uint8Array, isOpen = false): Answer {
  return (answer) => {
    answer.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    answer.write("retry: 5\n\n");
    answer.write(frames);
    if (!isOpen) answer.end();
  };
}

export function status(code: number, headers: Record<string, string> = {}, body = ""): Answer {
  return (answer) => {
    answer.writeHead(code, headers);
    answer.end(body);
  };
}

export function frame(id: number, type: string, more: object = {}): string {
  const data = JSON.stringify({ type, version: 1, at: "2026-01-01T00:00:00Z", workspace: "default", run: "r", ...more });
  return `id: ${id}\nevent: ${type}\ndata: ${data}\n\n`;
}

export function step(id: number, type: string, more: object = {}): string {
  return frame(id, type, { step: 0, node: "poet", attempt: 1, execution: 1, ...more });
}
