"""A run's events as a reader of SSE gets them: every one once, over any number of cuts.

Source: WHATWG HTML, server-sent events, "Interpreting an event stream" (id, event, data).
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

import httpx2

ENDS = ("run.completed", "run.failed", "run.cancelled")


class Reader:
    """Reads one stream; `cuts` counts how often it had to come back."""

    def __init__(self, http: httpx2.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url
        self._last = ""
        self.cuts = -1

    async def events(self) -> AsyncGenerator[tuple[str, dict[str, Any]]]:
        """Type and data of each event up to the end of the run."""
        while True:
            self.cuts += 1
            with suppress(httpx2.TransportError):
                async for kind, data in self._connection():
                    yield kind, data
                    if kind in ENDS:
                        return

    async def _connection(self) -> AsyncGenerator[tuple[str, dict[str, Any]]]:
        headers = {"Accept": "text/event-stream", "Last-Event-ID": self._last}
        fields: dict[str, str] = {}
        async with self._http.stream("GET", self._url, headers=headers) as answer:
            assert answer.status_code in (200, 502, 503), answer.status_code
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if line:
                    fields[name] = value
                    continue
                if "event" in fields:
                    self._last = fields.get("id", self._last)
                    yield fields["event"], json.loads(fields["data"])
                fields = {}
