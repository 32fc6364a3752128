"""A conversation with the model: the turns so far, and the one that is streaming in."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from typing import cast

from anthropic import AsyncAnthropic, omit
from anthropic.types import ContentBlockParam, MessageParam

from services.agent_worker.deltas import Deltas
from services.agent_worker.interrupt import Interrupt
from services.agent_worker.model.classify import MODEL_ERRORS, classify
from services.agent_worker.model.patience import Patience
from services.agent_worker.model.reading import Reading
from services.agent_worker.model.tools import tools_of
from services.agent_worker.model.turn import Block, Turn, text_of, usage_of
from shared.errors import AttemptFailed
from shared.flow import AgentWork
from shared.run.content import Cause, Usage
from shared.runtime.logging import logger

log = logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the model is asked first, and how long it may be silent."""

    model: str
    max_tokens: int
    system: str
    prompt: str
    work: AgentWork
    first_token_seconds: float
    idle_seconds: float


class Conversation:
    """Asks for one turn after the other; who keeps the turns decides which count."""

    def __init__(
        self, client: AsyncAnthropic, request: Request, deltas: Deltas, interrupt: Interrupt
    ) -> None:
        self.turns: list[Turn] = []
        self._client = client
        self._request = request
        self._deltas = deltas
        self._interrupt = interrupt
        self._reading = Reading(deltas, request.model)

    @property
    def text(self) -> str:
        """The answer text of all turns, the one under way too."""
        return text_of(self.turns) + self._reading.text

    @property
    def usage(self) -> Usage:
        """What all turns used, the one under way at least."""
        return usage_of(self.turns).plus(self._reading.usage)

    @property
    def model(self) -> str:
        return self._reading.model

    def add(self, turn: Turn) -> None:
        """The turn counts; the next one follows it."""
        self.turns.append(turn)
        self._reading = Reading(self._deltas, turn.model)

    async def next_turn(self, attempt: int) -> Turn | Cause:
        """The model's next turn, not yet added, or why attempt `attempt` did not get it.

        However it ends, the connection is free or closed by then. Raises: Interrupted's
        CancelledError, once the connection is closed.
        """
        reading = self._reading
        try:
            await self._read(reading)
        except AttemptFailed as error:
            return Cause(code=error.code, message=str(error), retryable=error.retry)
        except MODEL_ERRORS as error:
            return classify(error, attempt=attempt)
        if not reading.is_message:
            return classify(AssertionError(), attempt=attempt)
        if reading.stop_reason is None:
            message = "the model's answer ended in the middle, without a reason"
            return Cause(code="truncated_stream", message=message, retryable=True)
        if not reading.has_ended:
            log.warning("model.stream_unfinished", stop_reason=reading.stop_reason)
        return reading.turn()

    async def _read(self, reading: Reading) -> None:
        request, deltas = self._request, self._deltas
        limits = (request.first_token_seconds, request.idle_seconds)
        with closing(Patience(self._interrupt, *limits)) as patience:
            stream = await self._client.messages.create(
                model=request.model,
                max_tokens=request.max_tokens,
                system=request.system or omit,
                messages=list(self._messages()),
                tools=tools_of(request.work, self._blocks()) or omit,
                stream=True,
            )
            async with stream:
                async for event in stream:
                    patience.heard()
                    reading.take(event)
                    if patience.first and reading.has_begun:
                        patience.begun()
                    if deltas.is_behind:
                        await deltas.catch_up()

    def _blocks(self) -> Iterator[Block]:
        return chain.from_iterable(turn.blocks for turn in self.turns)

    def _messages(self) -> Iterator[MessageParam]:
        yield {"role": "user", "content": self._request.prompt}
        for turn in self.turns:
            # Blocks are the provider's own, of kinds newer than the SDK perhaps: sent as they came.
            blocks = cast("list[ContentBlockParam]", list(turn.blocks))
            yield {"role": "assistant", "content": blocks}
