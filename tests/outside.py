"""Servers of others on loopback, that answer what a test says, byte for byte."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeAlias


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came; names of headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


Ended = asyncio.CancelledError  # what no answer came to is ended with the server
Respond: TypeAlias = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


def answer(status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a whole answer."""
    given = {"content-length": str(len(body)), **(headers or {})}
    lines = [f"HTTP/1.1 {status} Told", *(f"{name}: {value}" for name, value in given.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def text(body: str, content_type: str = "text/plain") -> bytes:
    return answer(body=body.encode(), headers={"content-type": content_type})


def redirect(location: str, status: int = 302) -> bytes:
    return answer(status, headers={"location": location})


class OutsideServer:
    """To be entered. Gives its answers in turn, the last again and again; `requests` are all that
    came, `address` and `port` where it listens."""

    def __init__(
        self,
        *answers: bytes | Respond,
        address: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.address = address
        self.port = 0
        self.requests: list[Received] = []
        self._answers: Sequence[bytes | Respond] = answers
        self._tls = tls
        self._serving: set[asyncio.Task[object]] = set()

    def say(self, *answers: bytes | Respond) -> None:
        """Gives these answers from the first request on."""
        self._answers = answers

    def url(self, path: str = "/", host: str | None = None) -> str:
        """The URL of a path, by its address or by a name."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{host or self.address}:{self.port}{path}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.address, 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._serving:
            task.cancel()
        if self._serving:
            await asyncio.wait([*self._serving])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, Ended):
            try:
                await self._respond(await _received(reader), writer)
                await writer.drain()
            finally:
                self._serving.discard(task)
                writer.close()

    async def _respond(self, request: Received, writer: asyncio.StreamWriter) -> None:
        self.requests.append(request)
        given = self._answers[min(len(self.requests), len(self._answers)) - 1]
        if isinstance(given, bytes):
            writer.write(given)
        else:
            await given(request, writer)


async def _received(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    method, target, _ = first.split(" ")
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, target, headers, body)
