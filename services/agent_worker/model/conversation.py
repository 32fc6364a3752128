"""A conversation with the model: the turns so far, and the one that is streaming in."""

from collections.abc import Iterator, Sequence
from contextlib import aclosing, closing
from dataclasses import replace

from services.agent_worker.deltas import Deltas
from services.agent_worker.interrupt import Interrupt
from services.agent_worker.model.patience import Limits, Patience
from services.agent_worker.model.progress import Progress
from services.agent_worker.model.reading import Reading
from services.agent_worker.model.turn import Turn, text_of, usage_of
from services.agent_worker.outcome import NO_USAGE
from services.agent_worker.providers.provider import (
    Provider,
    Request,
    Said,
    ToolAnswer,
    ToolCall,
)
from shared.models import named
from shared.run.content import Cause, CitationAt, Usage


class Conversation:
    """Asks for one turn after the other; who keeps the turns decides which count."""

    def __init__(
        self,
        provider: Provider,
        request: Request,
        limits: Limits,
        deltas: Deltas,
        interrupt: Interrupt,
    ) -> None:
        self.turns: list[Turn] = []
        self._replies: dict[int, str] = {}
        self._answers: dict[int, tuple[ToolAnswer, ...]] = {}
        self._provider = provider
        self._request = request
        self._limits = limits
        self._deltas = deltas
        self._interrupt = interrupt
        self._reading = Reading(deltas, request.asked)

    @property
    def text(self) -> str:
        """The answer text of all turns, the one under way too; of a typed answer the last one's."""
        if self._request.work.output_schema is None:
            return text_of(self.turns) + self._reading.text
        return self._reading.text or text_of(self.turns[-1:])

    def citations(self) -> Iterator[CitationAt]:
        """The sources that the turns name, by places in the text of all. Raises: Corrupt."""
        before = 0
        for turn in self.turns:
            for each in self._provider.citations_in(turn.content, turn.text):
                yield each.model_copy(update={"offset": before + each.offset})
            before += len(turn.text)

    @property
    def has_replied(self) -> bool:
        """Something was said behind a turn."""
        return bool(self._replies)

    @property
    def usage(self) -> Usage:
        """What all turns used, the one under way at least."""
        return usage_of(self.turns).plus(self._reading.usage)

    @property
    def is_untouched(self) -> bool:
        """The model has said nothing yet, and used nothing."""
        return not (self.turns or self.text) and self.usage == NO_USAGE

    @property
    def model(self) -> str:
        return self._reading.model

    @property
    def provider(self) -> str:
        """What facts call the provider."""
        return self._provider.name

    def reply(self, words: str) -> None:
        """Something is said behind the last turn."""
        self._replies[len(self.turns)] = words

    def calls(self) -> Sequence[ToolCall]:
        """The calls of tools that the last turn asks for. Raises: Corrupt."""
        return self._provider.calls_in(self.turns[-1].content)

    def answer(self, answers: tuple[ToolAnswer, ...]) -> None:
        """What came of the calls that the last turn asked for. The text behind is set apart."""
        self._answers[len(self.turns)] = answers
        if self._request.work.output_schema is None and text_of(self.turns).strip():
            self._reading.set_apart()

    def add(self, turn: Turn) -> None:
        """The turn counts; the next one follows it."""
        self.turns.append(turn)
        self._reading = Reading(self._deltas, named(turn.model))

    async def next_turn(self, attempt: int) -> Turn | Cause:
        """The model's next turn, not yet added, or why attempt `attempt` did not get it.

        However it ends, the connection is free or closed by then. Raises: Interrupted's
        CancelledError, once the connection is closed.
        """
        reading = self._reading
        try:
            await self._read(reading)
        except self._provider.errors as error:
            return self._provider.classify(error, attempt=attempt)
        assert reading.ended is not None
        return reading.turn(reading.ended)

    async def _read(self, reading: Reading) -> None:
        deltas = self._deltas
        numbered = enumerate(self.turns, 1)
        said = [
            Said(turn.content, self._replies.get(number), self._answers.get(number, ()))
            for number, turn in numbered
        ]
        request = replace(self._request, said=said)
        limited = closing(Patience(self._interrupt, self._limits))
        with limited as patience, closing(Progress(deltas)) as progress:
            async with aclosing(self._provider.stream(request)) as pieces:
                async for events in pieces:
                    patience.heard(events)
                    for event in events:
                        reading.take(event)
                        progress.take(event)
                        if deltas.is_behind:
                            await deltas.catch_up()
