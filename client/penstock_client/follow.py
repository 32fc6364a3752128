"""Following a run over any number of cut connections: each event once, in order.

    connect --200--> read frames --cut, silent or closed--> wait --> connect again, Last-Event-ID
       |                 `-- event: end --> done
       `--204--> done    `-- 4xx --> raised

The wait is what the server asked for with `retry:` (1 s until then), doubled for every attempt
that brought no event, at most 15 s, with up to a quarter added at random so that many readers do
not come back at once. Without a byte for 25 s a connection counts as dead (keep-alives come
every 10 s); without a byte over all attempts for two minutes the last failure is raised.

Source: WHATWG HTML, 9.2.3 "Processing model" (reestablish the connection).
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import httpx2

from penstock_client.connection import Connection
from penstock_client.errors import ContractError, UnavailableError
from penstock_client.event import Event
from penstock_client.sse import Frame, Parser

_MAX_WAIT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a reader puts up with silence, and with an absent server, in seconds."""

    silence_seconds: float = 25.0
    absence_seconds: float = 120.0
    first_retry_seconds: float = 1.0


class Follower:
    """Reads the events at `url` that come after the event `after` (None: from the beginning)."""

    def __init__(
        self, connection: Connection, url: str, *, after: int | None = None, patience: Patience
    ) -> None:
        self._connection = connection
        self._url = url
        self._last = after
        self._patience = patience
        self._retry_seconds = patience.first_retry_seconds
        self._fruitless = 0
        self._heard_at = monotonic()
        self._ended = False
        self._lost: UnavailableError

    async def events(self) -> AsyncGenerator[Event]:
        """Every event once, in the order of the log, until the run has ended.

        Raises:
            RejectedError: the run or the position is unknown, or the token is.
            UnavailableError: the server stayed away.
            ContractError: the stream is not what the API promises.
        """
        while not self._ended:
            async with self._noting_loss(), aclosing(self._connected()) as events:
                async for event in events:
                    yield event
            if not self._ended:
                await self._wait()

    @asynccontextmanager
    async def _noting_loss(self) -> AsyncGenerator[None]:
        self._lost = UnavailableError("the server closes every connection", code="unreachable")
        try:
            yield
        except UnavailableError as error:
            self._lost = error

    async def _connected(self) -> AsyncGenerator[Event]:
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        if self._last is not None:
            headers["Last-Event-ID"] = str(self._last)
        silence = self._patience.silence_seconds
        async with self._connection.stream(self._url, headers, silence) as response:
            self._ended = response.status_code == httpx2.codes.NO_CONTENT
            if self._ended:
                return
            _require_event_stream(response)
            parser = Parser()
            async for chunk in response.aiter_bytes():
                for event in self._received(parser, chunk):
                    yield event
                if self._ended:
                    return

    def _received(self, parser: Parser, chunk: bytes) -> Iterator[Event]:
        self._heard_at = monotonic()
        frames = parser.feed(chunk)
        if parser.retry_ms is not None:
            self._retry_seconds = parser.retry_ms / 1000
        for frame in frames:
            if frame.event == "end":
                self._ended = True
                return
            event = _event(frame)
            if self._last is None or event.id > self._last:
                self._last = event.id
                self._fruitless = 0
                yield event
        if self._last is None and parser.last_id.isdecimal():
            self._last = int(parser.last_id)

    async def _wait(self) -> None:
        if monotonic() - self._heard_at > self._patience.absence_seconds:
            raise self._lost
        wait = self._retry_seconds * 2 ** min(self._fruitless, 10)
        self._fruitless += 1
        wait = max(self._retry_seconds, min(wait, _MAX_WAIT_SECONDS))
        await asyncio.sleep(wait * random.uniform(1, 1.25))


def events_path(run_or_url: str, types: tuple[str, ...]) -> str:
    """Path and query of a run's events; a URL keeps its own query (the ticket)."""
    url = run_or_url if "/" in run_or_url else f"/api/v1/runs/{quote(run_or_url, safe='')}/events"
    if not types:
        return url
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode({"types": ",".join(types)}))))
    return urlunsplit(parts._replace(query=query))


def _require_event_stream(response: httpx2.Response) -> None:
    kind = response.headers.get("content-type", "nothing")
    if not kind.startswith("text/event-stream"):
        raise ContractError(
            f"expected text/event-stream from {response.url.path}, got {kind}",
            code="unexpected_answer",
            status=response.status_code,
        )


def _event(frame: Frame) -> Event:
    try:
        data = json.loads(frame.data)
        number = int(frame.id)
    except ValueError as error:
        raise ContractError(
            f"expected an event with a number and JSON, got id {frame.id!r}: {error}",
            code="unexpected_event",
        ) from error
    if not isinstance(data, dict):
        raise ContractError(f"event {number} holds no JSON object", code="unexpected_event")
    return Event(number, frame.event, data)
