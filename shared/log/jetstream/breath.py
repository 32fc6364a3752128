"""Reading less often when much comes, so that more is read at a time.

A message read alone costs an event loop several times what one of twenty costs: a wait, a read and
a write each, and the same again at the server. So a connection over which thousands of messages a
second come, a few at a time, draws a breath between two reads: some milliseconds, during which
nothing is polled. One that is quiet, or whose messages come together anyway, never does.
"""

from __future__ import annotations

import asyncio

# Runs one after the other make less than 1,500 messages a second: they never wait.
WINDOW_SECONDS = 0.1
BUSY_A_SECOND = 2_000
FEW_MESSAGES = 8
BREATH_SECONDS = 0.003


class Breath:
    """Counts what comes over one connection, and breathes."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._since = 0.0
        self._messages = 0
        self._is_busy = False

    async def draw(self, transport: asyncio.Transport, messages: int) -> None:
        """Called after a read that brought so many."""
        now = self._loop.time()
        self._messages += messages
        elapsed = now - self._since
        if elapsed >= WINDOW_SECONDS:
            self._is_busy = self._messages > BUSY_A_SECOND * elapsed
            self._since, self._messages = now, 0
        # A piece of one large message, which brings none, is not waited behind.
        if not self._is_busy or not 0 < messages < FEW_MESSAGES or transport.is_closing():
            return
        transport.pause_reading()
        await asyncio.sleep(BREATH_SECONDS)
        if not transport.is_closing():
            transport.resume_reading()
