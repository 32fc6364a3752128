"""What a step to be executed needs to know, as far as it is small: it is sent along.

A worker would have to read it, which takes longer than filling in a template. Kinds that cost
money read anyway, for the sake of an order to stop.
"""

from __future__ import annotations

from shared.flow import QUICK_KINDS
from shared.run.content import ContentRef
from shared.run.facts import Lifecycle, RunRequested, StepCompleted, StepReady, Stream
from shared.run.texts import sources_of

MOST_BYTES = 4_096  # together
MOST_KEPT_BYTES = 16_384  # of one run


class Beside:
    """The small facts of one run that steps may need: its request, and outcomes."""

    __slots__ = ("_left", "_outcomes", "_requested")

    def __init__(self) -> None:
        self._requested = b""
        self._outcomes: dict[ContentRef, bytes] = {}
        self._left = MOST_KEPT_BYTES

    def keep(self, fact: Lifecycle | Stream, data: bytes) -> None:
        """Keep a fact of the log if it is one of these."""
        if not isinstance(fact, RunRequested | StepCompleted) or not 0 < len(data) <= self._left:
            return
        if isinstance(fact, RunRequested):
            self._requested = data
        else:
            self._outcomes[ContentRef(step=fact.step, attempt=fact.attempt)] = data
        self._left -= len(data)

    def of(self, fact: Lifecycle) -> tuple[bytes, ...]:
        """Everything that who executes this would read; nothing if that is not all here."""
        if not isinstance(fact, StepReady) or fact.kind not in QUICK_KINDS or not self._requested:
            return ()
        found = [self._requested]
        for ref in dict.fromkeys(sources_of(fact.inputs)):
            outcome = self._outcomes.get(ref)
            if outcome is None:
                return ()
            found.append(outcome)
        return tuple(found) if sum(map(len, found)) <= MOST_BYTES else ()
