"""What a model call is at, told to readers: at each change, then every few seconds.

Nobody decides by it and nobody keeps it. A model that answers without content yet is said to think,
when it is next told of: most begin a block at once. Tokens are what the provider counted, or about
as many as what came is long, whichever is more.
"""

import asyncio

from services.agent_worker.deltas import Deltas
from services.agent_worker.providers.provider import (
    Begun,
    Event,
    Opened,
    Text,
    Thought,
    ToolInput,
    Used,
)
from shared.run.content import Phase

EVERY_SECONDS = 5.0
CHARACTERS_A_TOKEN = 4


class Progress:
    """Tells of one model call from its beginning, or of calls of tools; closed with it."""

    __slots__ = (
        "_began_at",
        "_counted",
        "_deltas",
        "_has_begun",
        "_loop",
        "_phase",
        "_size",
        "_timer",
    )

    def __init__(self, deltas: Deltas, phase: Phase = "connecting") -> None:
        self._deltas = deltas
        self._loop = asyncio.get_running_loop()
        self._began_at = self._loop.time()
        self._phase = phase
        self._has_begun = False
        self._size = self._counted = 0
        self._timer = self._tell()

    def take(self, event: Event) -> None:
        """One more event of the answer."""
        if isinstance(event, Text | Thought):
            self._size += len(event.text)
        elif isinstance(event, ToolInput):
            self._size += event.size
        elif isinstance(event, Used):
            self._counted = event.usage.output_tokens
        elif isinstance(event, Begun):
            self._has_begun = True
        elif isinstance(event, Opened) and event.phase != self._phase:
            self._phase = event.phase
            self._timer.cancel()
            self._timer = self._tell()

    def close(self) -> None:
        self._timer.cancel()

    def _tell(self) -> asyncio.TimerHandle:
        tokens = max(self._counted, self._size // CHARACTERS_A_TOKEN)
        phase = "thinking" if self._has_begun and self._phase == "connecting" else self._phase
        self._deltas.progress(phase, tokens, self._loop.time() - self._began_at)
        return self._loop.call_later(EVERY_SECONDS, self._again)

    def _again(self) -> None:
        self._timer = self._tell()
