"""A run read: its facts, folded with its flow, and the texts they carry."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.api.definitions.flows import Flows
from services.api.history.run_history import RunHistory
from services.api.http.work import off_loop
from services.api.live.opening import unvoid
from services.api.runs.attempts import Attempt, Attempts, attempts_of
from services.api.runs.usage import cost_usd
from shared.errors import Corrupt
from shared.flow import Flow
from shared.log.port import Entry
from shared.run import RunState, fold
from shared.run import facts as f
from shared.run.content import Blob, Content, ContentRef, ResultRef
from shared.run.ending import is_ended_by_person
from shared.run.texts import BLANK_LINE, INLINE_BYTES
from shared.run.wire import Recorded, UnknownFact

AT_ONCE_FACTS = 500
AT_ONCE_TEXTS = 16
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class RunRead:
    """A run, read and folded."""

    requested: f.RunRequested
    flow: Flow
    state: RunState
    recorded: Sequence[Recorded]
    attempts: Attempts

    @property
    def is_short(self) -> bool:
        """Whether all of it is told in a moment."""
        return len(self.recorded) <= AT_ONCE_FACTS and len(self.flow.steps) <= AT_ONCE_FACTS

    @property
    def requested_at(self) -> datetime:
        """When the run was asked for."""
        asked = (r.time for r in self.recorded if isinstance(r.fact, f.RunRequested))
        return next(asked)

    def cost_of(self, attempts: Iterable[Attempt]) -> str | None:
        """What some of its attempts cost together, in dollars; None if that is unknown.

        Each by the prices of the day it began, or the run was asked for if no start is recorded.
        """
        asked_at = self.requested_at
        return cost_usd((each.used, each.started_at or asked_at) for each in attempts)

    def last_attempt(self, step: int) -> Attempt | None:
        """The latest attempt of a step."""
        attempts = self.attempts.get(step)
        return attempts[-1] if attempts else None

    def carriers_of(self, step: int) -> Sequence[ContentRef] | None:
        """The facts that carry the output of a completed step; None for any other."""
        last = self.last_attempt(step)
        if last is None or last.outcome != "completed":
            return None
        own = (ContentRef(step=step, attempt=last.attempt),)
        return own if last.content is None else last.content

    def is_json(self, refs: Sequence[ContentRef] | None) -> bool:
        """The text that these facts carry is one answer, and JSON that fits its schema."""
        if refs is None or len(refs) != 1:
            return False
        carrier = self._carrier(refs[0])
        return carrier is not None and carrier.is_json

    def content(self, ref: ContentRef) -> Content:
        """What a fact carries. Raises: Corrupt."""
        if self.flow.steps[ref.step].passes_run_input:
            return self.requested.input
        carrier = self._carrier(ref)
        if carrier is not None and carrier.output is not None:
            return carrier.output
        raise Corrupt(f"no text of step {ref.step}, attempt {ref.attempt} is recorded")

    def _carrier(self, ref: ContentRef) -> Attempt | None:
        attempts = self.attempts.get(ref.step, [])
        return next((each for each in attempts if each.attempt == ref.attempt), None)


class RunReader:
    """Reads runs as they stand, one workspace at a time."""

    def __init__(self, records: RunHistory, flows: Flows) -> None:
        self._records = records
        self._flows = flows

    async def read(self, workspace: str, run: str) -> RunRead:
        """The run; texts that it keeps of another are where they are, until they are shown.

        Raises: NotFound, Unavailable, Corrupt.
        """
        entries = await self._records.facts(workspace, run)
        is_short = len(entries) <= AT_ONCE_FACTS
        counting = list(unvoid(entries))
        void = entries[len(counting) :]
        recorded = await off_loop(is_short, lambda: recorded_of(counting))
        requested = next((r.fact for r in recorded if isinstance(r.fact, f.RunRequested)), None)
        if requested is None:
            raise Corrupt(f"run {run} has facts and was never requested")
        flow = await self._flows.version(requested.flow)
        return await off_loop(is_short, lambda: _folded(requested, flow, recorded, void))

    async def show_result(self, read: RunRead) -> None:
        """As `show_kept`, of what the steps put out that make the result.

        Raises: NotFound, Unavailable.
        """
        await self.show_kept(read, read.state.ends[:MOST_SHOWN])

    async def show_kept(self, read: RunRead, steps: Iterable[int]) -> None:
        """Have small texts that are kept from another run as texts, of what these steps put out.

        Each is a body of its own, since no scheduler sees content. Raises: NotFound, Unavailable.
        """
        if read.requested.kept is None:
            return
        found = {
            (attempt.attempt, ref.step): attempt
            for step in steps
            for ref in read.carriers_of(step) or ()
            for attempt in read.attempts.get(ref.step, [])
            if attempt.kept and isinstance(attempt.output, Blob)
            if attempt.output.size_bytes <= INLINE_BYTES
        }
        for at in range(0, len(found), AT_ONCE_TEXTS):
            some = list(found.values())[at : at + AT_ONCE_TEXTS]
            texts = await asyncio.gather(*(self._text(read, a.output or "") for a in some))
            for attempt, text in zip(some, texts, strict=True):
                attempt.output = text.decode()

    async def text_of(self, read: RunRead, refs: Sequence[ContentRef]) -> Sequence[bytes]:
        """The text these facts carry, in UTF-8 and in parts. Raises: Unavailable, Corrupt."""
        parts: list[bytes] = []
        for ref in refs:
            parts += (BLANK_LINE.encode(), await self._text(read, read.content(ref)))
        return parts[1:]

    async def input_of(self, read: RunRead) -> Sequence[bytes]:
        """The run's input, in UTF-8. Raises: NotFound, Unavailable."""
        return [await self._text(read, read.requested.input)]

    async def _text(self, read: RunRead, content: Content) -> bytes:
        if not isinstance(content, Blob):
            return content.encode()
        asked = read.requested
        return await self._records.blob(asked.workspace, asked.run, content.blob)


def recorded_of(entries: Sequence[Entry]) -> list[Recorded]:
    """The entries decoded. Of a run that a person has ended, what was understood, and its end.

    Raises: UnknownFact.
    """
    recorded: list[Recorded] = []
    for entry in entries:
        try:
            recorded.append(entry.recorded())
        except UnknownFact:
            if entry is entries[-1] or not is_ended_by_person(entries[-1].recorded().fact):
                raise
            return [*recorded, entries[-1].recorded()]
    return recorded


def _folded(
    requested: f.RunRequested, flow: Flow, recorded: Sequence[Recorded], void: Sequence[Entry]
) -> RunRead:
    attempts = attempts_of(recorded, _known(void))
    return RunRead(requested, flow, fold(flow, recorded), recorded, attempts)


def _known(void: Iterable[Entry]) -> Iterator[Recorded]:
    for entry in void:
        try:
            yield entry.recorded()
        except UnknownFact:
            continue  # of a later version: nothing that could be counted


def result_refs(result: Iterable[ResultRef]) -> list[ContentRef]:
    """The facts that carry a run's result."""
    return [ContentRef(step=each.step, attempt=each.attempt) for each in result]
