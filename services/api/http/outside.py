"""A client for what is not ours: it is sent nowhere else, and asks few at once."""

from __future__ import annotations

import asyncio
from functools import cached_property
from types import TracebackType
from typing import Self

import httpx2

ANSWER_SECONDS = 10.0
_AT_ONCE = 8


class OutsideClient:
    """To be entered. `http` asks; `places` are how many may ask at once."""

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(_AT_ONCE)

    @cached_property
    def http(self) -> httpx2.AsyncClient:
        """Made when it is first needed: it reads all certificates of the system."""
        # A redirect would take what is secret elsewhere.
        return httpx2.AsyncClient(timeout=ANSWER_SECONDS, follow_redirects=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if "http" in self.__dict__:
            await self.http.aclose()
