"""A limit as providers have it: so many requests a window and key, told by headers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from time import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.http.dialect import Allowance, Dialect, answer
from simulator.http.journal import Entry
from simulator.http.wire import key_of


@dataclass
class Quota:
    """So many requests a key are answered in each window, `taken` and `refused` in all.

    `headers` stand in answers too, and replace those of the limit: a provider may say anything.
    """

    requests: int
    seconds: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    taken: int = 0
    refused: int = 0

    def __post_init__(self) -> None:
        self._ends, self._used = 0.0, Counter[str | None]()

    def take(self, key: str | None) -> Allowance:
        """Counts a request made now; it is answered unless less than nothing is left."""
        now = time()
        if now >= self._ends:
            self._ends = now + self.seconds
            self._used.clear()
        self._used[key] += 1
        left = self.requests - self._used[key]
        self.taken += left >= 0
        self.refused += left < 0
        return Allowance(limit=self.requests, left=left, now=now, ends=self._ends)


class Limited:
    """Middleware, behind the Recorder: refuses what is beyond the quota."""

    def __init__(self, app: ASGIApp, dialect: Dialect, quota: Quota) -> None:
        self._app, self._dialect, self._quota = app, dialect, quota

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        allowance = self._quota.take(key_of(Headers(scope=scope)))
        told = self._dialect.limits(allowance) | self._quota.headers

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        if allowance.left >= 0:
            await self._app(scope, receive, send_with_headers)
            return
        entry: Entry = Request(scope).state.entry
        failure = replace(self._dialect.refusal(429, ""), headers=told)
        entry.failure = failure.type
        await answer(self._dialect, failure, entry.request_id)(scope, receive, send)
