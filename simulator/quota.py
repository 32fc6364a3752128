"""A limit as the Messages API has it: so many requests a window and key, told by headers.

Source: https://docs.anthropic.com/en/api/rate-limits, response headers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from time import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.failure import MESSAGES, Failure, answer
from simulator.journal import Entry
from simulator.wire import key_of

_KIND = "rate_limit_error"


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

    def take(self, key: str | None) -> tuple[bool, dict[str, str]]:
        """Whether a request made now is answered, and what the headers say."""
        now = time()
        if now >= self._ends:
            self._ends = now + self.seconds
            self._used.clear()
        self._used[key] += 1
        left = self.requests - self._used[key]
        self.taken += left >= 0
        reset = datetime.fromtimestamp(self._ends, UTC).isoformat()
        headers = {
            "anthropic-ratelimit-requests-limit": str(self.requests),
            "anthropic-ratelimit-requests-remaining": str(max(0, left)),
            "anthropic-ratelimit-requests-reset": reset,
        }
        if left < 0:
            self.refused += 1
            headers["retry-after"] = str(ceil(self._ends - now))
        return left >= 0, headers | self.headers


class Limited:
    """Middleware, behind the Recorder: refuses what is beyond the quota."""

    def __init__(self, app: ASGIApp, quota: Quota) -> None:
        self._app, self._quota = app, quota

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_taken, told = self._quota.take(key_of(Headers(scope=scope)))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        if is_taken:
            await self._app(scope, receive, send_with_headers)
            return
        entry: Entry = Request(scope).state.entry
        entry.failure = _KIND
        refused = answer(Failure(429, _KIND, MESSAGES[_KIND], headers=told), entry.request_id)
        await refused(scope, receive, send)
