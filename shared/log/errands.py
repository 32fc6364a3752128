"""Errands: what one service has another do at once, for the api never goes out itself.

    ask --question--> one of those that carry out errands, whichever
        <--taken, or busy--    within TAKEN_SECONDS, else there is nobody
        <--answer--            within LONGEST_SECONDS, else it is not known what came of it

Never stored: who asks waits for the answer, and what is asked twice is done twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias

TAKEN_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 60.0
LARGEST_BYTES: Final = 900 << 10
"""Of a question and of an answer: a message of NATS is at most 1 MiB."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of the errand."""

    answer: bytes


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Nobody began it: there is nobody, or all who answered are busy."""

    reason: Literal["nobody", "busy"]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """It was begun, and no answer came: whether it was done is not known."""


Came: TypeAlias = Answered | NotTaken | Unanswered
Carry: TypeAlias = Callable[[bytes], Awaitable[bytes]]
"""Carries an errand out within LONGEST_SECONDS, and returns its answer; it raises nothing."""


class Errands(Protocol):
    """Every call may raise Unavailable."""

    async def ask(self, question: bytes, seconds: float = LONGEST_SECONDS) -> Came:
        """What came of the errand; an answer is waited for so long, once it is taken."""
        ...

    def carrying_out(self, carry: Carry, most: int) -> AbstractAsyncContextManager[None]:
        """Carry out errands while the block lasts, so many at once; asked for more it is busy.

        What is under way when the block ends is cut off.
        """
        ...
