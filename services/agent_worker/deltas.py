"""The answer of one execution on its way into the log, piece by piece.

Publishing does not wait: at most `WINDOW` pieces are unacknowledged. What kind of thing comes is
kept in order: text gathered before a thought, a tool or a citation leaves before it. A text piece
that the log did not acknowledge is repaired at the end by one delta from its offset on, which is
right for a reader whether the lost one had arrived or not.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable

from services.agent_worker import signals
from services.agent_worker.coalescer import Coalescer, Piece
from services.agent_worker.identity import Executed
from shared.errors import Unavailable
from shared.log.declared import DELTA_SECONDS, PROGRESS_SECONDS
from shared.log.port import Log
from shared.run.content import Citation, Phase
from shared.run.facts import StepCitation, StepDelta, StepProgress, StepThinking, StepTool, Stream
from shared.runtime.logging import logger

WINDOW = 128
LONGEST_PIECE = 64 * 1024
REPAIRS = 3
# A log without a leader has one again after six; the outcome must not wait for much longer.
ACKNOWLEDGED_SECONDS = 7.0

log = logger()


class Deltas:
    """What the model says, as step.delta, step.thinking, step.tool and step.citation."""

    def __init__(
        self, store: Log, ids: Executed, window_seconds: float, kept_seconds: int = DELTA_SECONDS
    ) -> None:
        self._store = store
        self._kept_seconds = kept_seconds
        self._ids = ids
        self._text = Coalescer(window_seconds)
        self._thought = Coalescer(window_seconds)
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._sent: deque[tuple[int | None, Awaitable[int]]] = deque()
        self._lost: int | None = None
        self.first_at: float | None = None

    def text(self, text: str) -> None:
        """More of the answer."""
        now = self._loop.time()
        if piece := self._thought.take(now):
            self._send_thought(piece)
        if piece := self._text.add(text, now):
            self.close()
            self._send_text(piece, now)
        elif self._timer is None:
            self._timer = self._loop.call_at(self._text.due_at, self._flush)

    def thinking(self, text: str) -> None:
        """More of the thinking before the answer."""
        now = self._loop.time()
        if piece := self._text.take(now):
            self._send_text(piece, now)
        if piece := self._thought.add(text, now):
            self.close()
            self._send_thought(piece)
        elif self._timer is None:
            self._timer = self._loop.call_at(self._thought.due_at, self._flush)

    def tool(self, tool: StepTool) -> None:
        """A tool was called, answered or failed."""
        self._flush()
        self._send(tool, None)

    def citation(self, citation: Citation) -> None:
        """A source of the text so far."""
        self._flush()
        fact = StepCitation(**self._ids, offset=self._text.offset, citation=citation)
        self._send(fact, None)

    def progress(self, phase: Phase, tokens: int, seconds: float) -> None:
        """What the model is at; nothing waits for it or leaves early because of it."""
        fact = StepProgress(**self._ids, phase=phase, tokens=tokens, seconds=round(seconds, 3))
        self._sent.append((None, self._store.stream(fact, PROGRESS_SECONDS)))

    @property
    def ids(self) -> Executed:
        return self._ids

    @property
    def is_behind(self) -> bool:
        """More pieces wait for their acknowledgement than should: catch up."""
        return len(self._sent) > WINDOW

    async def catch_up(self) -> None:
        """Returns when half the window is free."""
        while len(self._sent) > WINDOW // 2:
            await self._oldest()

    async def acknowledged(self, answer: str) -> None:
        """Returns when the log has all of `answer`, which is what `text` was given until now.

        A log that does not take it even so, or not in time, is left alone: the finished fact has
        the whole text.
        """
        try:
            async with asyncio.timeout(ACKNOWLEDGED_SECONDS):
                is_whole = await self._repaired(answer)
        except TimeoutError:
            is_whole = False
            self._give_up()
        if not is_whole:
            log.warning("deltas.lost", run=self._ids["run"], step=self._ids["step"])

    async def _repaired(self, answer: str) -> bool:
        """The log has all of `answer`, after so many tries."""
        self._flush()
        for _ in range(REPAIRS):
            while self._sent:
                await self._oldest()
            if self._lost is None:
                return True
            rest, self._lost = Piece(self._lost, answer[self._lost :]), None
            self._send_text(rest, self._loop.time())
        while self._sent:
            await self._oldest()
        return self._lost is None

    def go_on_at(self, offset: int) -> None:
        """The answer goes on at `offset`: another execution's turn took the place of this one's."""
        self._text.drop(offset)

    def close(self) -> None:
        """No timer goes off any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _flush(self) -> None:
        self.close()
        now = self._loop.time()
        if piece := self._thought.take(now):
            self._send_thought(piece)
        if piece := self._text.take(now):
            self._send_text(piece, now)

    def _send_text(self, piece: Piece, now: float) -> None:
        if self.first_at is None:
            self.first_at = now
        for at in range(0, len(piece.text), LONGEST_PIECE):
            offset, text = piece.offset + at, piece.text[at : at + LONGEST_PIECE]
            self._send(StepDelta(**self._ids, offset=offset, text=text), offset)

    def _send_thought(self, piece: Piece) -> None:
        for at in range(0, len(piece.text), LONGEST_PIECE):
            offset, text = piece.offset + at, piece.text[at : at + LONGEST_PIECE]
            self._send(StepThinking(**self._ids, offset=offset, text=text), None)

    def _send(self, fact: Stream, offset: int | None) -> None:
        signals.DELTAS.inc()
        self._sent.append((offset, self._store.stream(fact, self._kept_seconds)))

    async def _oldest(self) -> None:
        offset, answer = self._sent[0]
        try:
            await answer
        except Unavailable:
            self._lose(offset)
        self._sent.popleft()

    def _give_up(self) -> None:
        """Whatever is not acknowledged counts as lost."""
        for offset, answer in self._sent:
            self._lose(offset)
            asyncio.ensure_future(answer).cancel()
        self._sent.clear()

    def _lose(self, offset: int | None) -> None:
        signals.DELTAS_LOST.inc()
        if offset is not None:
            self._lost = offset if self._lost is None else min(self._lost, offset)
