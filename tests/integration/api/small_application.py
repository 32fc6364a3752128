"""An application that shows what its server does, and bounds that a test can wait for."""

import asyncio
import json
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from services.api.server.bodies import TooManyBodies
from services.api.server.limits import Limits

QUICK = Limits(
    head_seconds=0.2,
    keep_alive_seconds=0.2,
    body_silent_seconds=0.2,
    discard_seconds=0.2,
    evictable_after_seconds=0.0,
    grace_seconds=0.5,
    connections=4,
    pipelined=4,
    bodies_bytes=200_000,
)
GET = b"GET /%b HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Application:
    """Reads bodies under /body, waits under /held, streams under /stream; else tells the path."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.sizes: list[int] = []
        self.schemes: list[tuple[str, str]] = []
        self.outcomes: list[str] = []
        self.release = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        self.asked.append(path)
        self.schemes.append((scope["scheme"], scope["client"][0]))
        try:
            if path == "/stream":
                await self._stream(send)
                return
            await self._answer(path, receive, send)
        except TooManyBodies:
            await whole(send, 503, b"no room")
        except OSError:
            self.outcomes.append("ended")
            raise

    async def _answer(self, path: str, receive: Receive, send: Send) -> None:
        if path == "/body":
            size = await self._read(receive)
            await whole(send, 200, b"%d" % size)
            return
        if path == "/held":
            await self.release.wait()
        await whole(send, 200, path.encode())

    async def _read(self, receive: Receive) -> int:
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.outcomes.append("gone")
                return size
            size += len(message["body"])
            self.sizes.append(size)
            if not message["more_body"]:
                return size

    async def _stream(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for piece in (b"one,", b"two,"):
            await send(body(piece, more=True))
        await self.release.wait()
        await send(body(b"three"))


def body(piece: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": piece, "more_body": more}


async def whole(send: Send, status: int, text: bytes) -> None:
    headers = [(b"content-length", b"%d" % len(text))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send(body(text))


def problem(answer: bytes) -> tuple[int, str]:
    """Status and code of an answer that is a problem, and the last of its connection."""
    head, _, text = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    told: dict[str, Any] = json.loads(text)
    assert int(head.split()[1]) == told["status"]
    return told["status"], told["code"]


def head_of(size: int) -> bytes:
    """A request whose head has that many bytes."""
    rest = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: \r\n\r\n"
    return rest.replace(b"X: ", b"X: " + b"v" * (size - len(rest)))
