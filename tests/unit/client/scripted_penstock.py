"""A real HTTP server on loopback that answers as a test scripts it, and remembers who asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """What a client sent; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What it gets back: `pieces` as chunks, then the end, a cut, or silence."""

    status: int = 200
    content_type: str = "application/json"
    pieces: Sequence[bytes] = ()
    after: str = "end"  # or: cut, silence
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Reply]


def answer(value: object, status: int = 200) -> Reply:
    """A JSON reply."""
    kind = "application/problem+json" if status >= 400 else "application/json"
    return Reply(status, kind, [json.dumps(value).encode()])


def event_stream(pieces: Sequence[bytes], after: str = "end") -> Reply:
    """A reply of server-sent events."""
    return Reply(200, "text/event-stream; charset=utf-8", pieces, after)


def frame(number: int, kind: str, /, **data: object) -> bytes:
    """One event as bytes."""
    line = json.dumps({"type": kind, **data}, ensure_ascii=False)
    return f"id: {number}\nevent: {kind}\ndata: {line}\n\n".encode()


@dataclass
class ScriptedPenstock:
    """Answers by `handlers[method, path]`; unknown paths are 404 problems."""

    url: str = ""
    handlers: dict[tuple[str, str], Handler] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def on(self, method: str, path: str, handler: Handler | Reply) -> None:
        """Sets what answers `method path`: a reply, or a function that makes one."""
        if isinstance(handler, Reply):
            reply = handler
            self.handlers[method, path] = lambda _: reply
        else:
            self.handlers[method, path] = handler

    def asked(self, path: str) -> list[Request]:
        """The requests for `path` so far."""
        return [request for request in self.requests if request.path == path]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            request = await _read_request(reader)
            self.requests.append(request)
            handler = self.handlers.get((request.method, request.path))
            missing = answer({"code": "not_found", "detail": f"no {request.path}"}, 404)
            await self._reply(writer, handler(request) if handler else missing)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _reply(self, writer: asyncio.StreamWriter, reply: Reply) -> None:
        writer.write(b"".join(_head(reply)))
        for piece in filter(None, reply.pieces):
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        if reply.after == "end" and reply.status != 204:
            writer.write(b"0\r\n\r\n")
        if reply.after == "silence":
            await writer.drain()
            await self.closing.wait()


@asynccontextmanager
async def scripted_penstock() -> AsyncIterator[ScriptedPenstock]:
    """A running server on a free port."""
    stack = ScriptedPenstock()
    server = await asyncio.start_server(stack.serve, "127.0.0.1", 0)
    stack.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield stack
    finally:
        stack.closing.set()
        server.close()
        await server.wait_closed()


async def _read_request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    line, *fields = head.strip().split("\r\n")
    method, target, _ = line.split(" ")
    pairs = (each.split(":", 1) for each in fields)
    headers = {name.lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    return Request(method, parts.path, dict(parse_qsl(parts.query)), headers, body)


def _head(reply: Reply) -> Iterator[bytes]:
    yield f"HTTP/1.1 {reply.status} Scripted\r\n".encode()
    yield b"Connection: close\r\n"
    if reply.status != 204:
        yield f"Content-Type: {reply.content_type}\r\nTransfer-Encoding: chunked\r\n".encode()
    for name, value in reply.headers.items():
        yield f"{name}: {value}\r\n".encode()
    yield b"\r\n"
