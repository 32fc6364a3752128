"""Reading less often when much comes, so that more is read at a time.

A message read alone costs an event loop several times what one of twenty costs: a wait, a read and
a write each, and the same again at the server. So a connection over which thousands of messages a
second come draws a breath between two reads: a millisecond, during which nothing is polled. One
that is quiet, or has more to read than fits at once, never does.
"""

from __future__ import annotations

import asyncio

WINDOW_SECONDS = 0.02
BUSY_A_SECOND = 2_000
BREATH_SECONDS = 0.001
FULL_BYTES = 16 * 1024


class Breath:
    """Counts what comes over one connection, and breathes."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._since = 0.0
        self._messages = 0
        self._is_busy = False

    async def draw(self, transport: asyncio.ReadTransport, messages: int, size_bytes: int) -> None:
        """Called after a read that brought so much."""
        now = self._loop.time()
        self._messages += messages
        elapsed = now - self._since
        if elapsed >= WINDOW_SECONDS:
            self._is_busy = self._messages > BUSY_A_SECOND * elapsed
            self._since, self._messages = now, 0
        if not self._is_busy or size_bytes >= FULL_BYTES or transport.is_closing():
            return
        transport.pause_reading()
        await asyncio.sleep(BREATH_SECONDS)
        if not transport.is_closing():
            transport.resume_reading()
