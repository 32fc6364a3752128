import { describe, expect, test } from "vitest";
import { EventParser, type Message } from "./sse.js";

// The same text whole, a character at a time, and in pieces of three: what it says does not depend on it.
function read(text: string): Message[][] {
  return [text.length, 1, 3].map((size) => {
    const parser = new EventParser();
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, n) => text.slice(n * size, (n + 1) * size));
    return pieces.flatMap((piece) => parser.push(piece));
  });
}

describe("events of a text in pieces", () => {
  const EVENT: Message = { id: "7", event: "step.delta", data: "{}" };

  test.each([
    ["LF", "id: 7\nevent: step.delta\ndata: {}\n\n", [EVENT]],
    ["CR", "id: 7\revent: step.delta\rdata: {}\r\r", [EVENT]],
    ["CR LF", "id: 7\r\nevent: step.delta\r\ndata: {}\r\n\r\n", [EVENT]],
    ["all three", "id: 7\revent: step.delta\r\ndata: {}\n\r\n", [EVENT]],
    ["no space behind the colon", "id:7\nevent:step.delta\ndata:{}\n\n", [EVENT]],
    ["one space of two", "data:  two\n\n", [{ id: "", event: "message", data: " two" }]],
    ["data of several lines", "data: a\ndata\ndata: b\n\n", [{ id: "", event: "message", data: "a\n\nb" }]],
    ["comments and unknown fields", ": keep-alive\n\nodd: 1\ndata: x\n:\n\n", [{ id: "", event: "message", data: "x" }]],
    ["no data, no event", "event: step.delta\nid: 7\n\n", []],
    ["an id stays", "id: 7\ndata: a\n\ndata: b\n\n", [{ id: "7", event: "message", data: "a" }, { id: "7", event: "message", data: "b" }]],
    ["an id of nothing empties it", "id: 7\ndata: a\n\nid\ndata: b\n\n", [{ id: "7", event: "message", data: "a" }, { id: "", event: "message", data: "b" }]],
    ["an id with NUL does not count", "id: 7\ndata: a\n\nid: 8\0\ndata: b\n\n", [{ id: "7", event: "message", data: "a" }, { id: "7", event: "message", data: "b" }]],
    ["an event that is cut is none", "id: 7\ndata: a\n\nid: 8\ndata: b\n", [{ id: "7", event: "message", data: "a" }]],
    ["line ends of Unicode end no line", "data: a\u2028b\u0085c\u000bd\n\n", [{ id: "", event: "message", data: "a\u2028b\u0085c\u000bd" }]],
  ] as const)("%s", (_, text, expected) => {
    for (const messages of read(text)) expect(messages).toEqual(expected);
  });

  test("a block of an id alone is gone on from, one that is cut is not", () => {
    const parser = new EventParser();
    expect(parser.push("id: 41\n\nid: 42\n")).toEqual([]);
    expect(parser.lastId).toBe("41");
    parser.push("\n");
    expect(parser.lastId).toBe("42");
  });

  test("retry counts where it is a number", () => {
    const parser = new EventParser();
    parser.push("retry: 250\n\n");
    parser.push("retry: soon\n\nretry: -1\n\nretry\n\n");
    expect(parser.retryMs).toBe(250);
  });
});
