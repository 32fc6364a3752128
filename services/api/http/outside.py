"""A client for what is not ours: it is sent nowhere else, and asks few at once."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

import httpx2

ANSWER_SECONDS = 10.0
_AT_ONCE = 8


class OutsideClient:
    """To be entered. `http` asks; `places` are how many may ask at once."""

    def __init__(self) -> None:
        # A redirect would take what is secret elsewhere.
        self.http = httpx2.AsyncClient(timeout=ANSWER_SECONDS, follow_redirects=False)
        self.places = asyncio.Semaphore(_AT_ONCE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.http.aclose()
