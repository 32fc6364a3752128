"""A run as an actor: the state folded so far, the timers it has set, and what it owes now.

`unanswered` appends are under way; `deferred` says that a fact waits for their answers;
`mistaken` that the log answered otherwise than was folded, or not at all: such an actor must not
act again. `asked` counts all appends; `heard_at` is the server's time of the last fact taken in.

What is owed is written at once and folded at once, before the log has answered, so that a chain of
consequences leaves in one go. Some facts wait until everything before them is answered: the run's
end, and steps that are given texts kept from another run; and what follows from facts whose own
time decides something, or that may meet another's outcome in the log, until they are read back.

Timers may stand by the thousand: only those of steps of which something was heard (`_stirred`) are
compared with what is required, until both agree.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.scheduler.beside import Beside
from shared.flow import Flow
from shared.log.port import AlreadyRecorded, Appended
from shared.log.subjects import rest_of
from shared.run import (
    NOTHING_KEPT,
    Kept,
    Recorded,
    RunState,
    Timer,
    evolve,
    facts_owed,
    initial,
    reads_back,
    timers_of,
    waits_for_answers,
)
from shared.run.facts import (
    Lifecycle,
    RunEnded,
    StepDue,
    StepFact,
    TimerFact,
)

_NEVER = datetime.min.replace(tzinfo=UTC)

Append = Callable[[Lifecycle, Sequence[bytes]], Awaitable[Appended | AlreadyRecorded]]


@dataclass(slots=True)
class Reaction:
    """What an actor asked for: answers to await, timers to set and to purge.

    `end` is how the run ended by it, if it did; `reread` says that the run must be read before it
    goes on.
    """

    answers: list[Awaitable[Appended | AlreadyRecorded]] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    overtaken: list[TimerFact] = field(default_factory=list)
    end: RunEnded | None = None
    reread: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.answers or self.timers or self.overtaken)


class Actor:
    """One run, moved by facts."""

    __slots__ = (
        "_append",
        "_beside",
        "_standing",
        "_stirred",
        "asked",
        "deferred",
        "heard_at",
        "mistaken",
        "state",
        "unanswered",
    )

    def __init__(self, flow: Flow, append: Append, kept: Kept = NOTHING_KEPT) -> None:
        self.state: RunState = initial(flow, kept)
        self.unanswered = 0
        self.deferred = False
        self.mistaken = False
        self.asked = 0
        self.heard_at = _NEVER
        self._append = append
        self._beside = Beside()
        # By step, None for the run itself; timers by the rest of the fact to be.
        self._standing: dict[int | None, dict[str, TimerFact]] = {}
        self._stirred: set[int | None] = set()

    def fold(self, recorded: Recorded, data: bytes = b"") -> None:
        """Take a fact in; `data` are its bytes in the log."""
        self._take(recorded)
        self._beside.keep(recorded.fact, data)
        self.heard_at = recorded.time

    def react(self) -> Reaction:
        """Ask for all that is owed."""
        reaction = Reaction()
        self.deferred = False
        while facts := facts_owed(self.state):
            if not self._write(facts, reaction):
                break
        self._require_timers(reaction)
        self.unanswered += len(reaction.answers)
        self.asked += len(reaction.answers)
        return reaction

    def _take(self, recorded: Recorded) -> None:
        self.state = evolve(self.state, recorded)
        fact = recorded.fact
        if isinstance(fact, StepFact) and (
            fact.step in self.state.timed or fact.step in self._standing
        ):
            self._stirred.add(fact.step)

    def _write(self, facts: Sequence[Lifecycle], reaction: Reaction) -> bool:
        """Append and fold them; False when what follows must wait, or all of them do."""
        has_written = False
        was_answered = self._is_answered(reaction)
        for fact in facts:
            # What is owed at one time rests on none of the others; only the end leaves by itself.
            is_end = isinstance(fact, RunEnded)
            is_free = self._is_answered(reaction) if is_end else was_answered
            if not is_free and waits_for_answers(fact, self.state):
                self.deferred = True
                continue
            has_written = True
            if isinstance(fact, RunEnded):
                reaction.end = fact
            reaction.answers.append(self._append(fact, self._beside.of(fact)))
            if reads_back(fact, self.state):
                reaction.reread = True
            else:
                self._take(Recorded(fact=fact, sequence=0, time=self.heard_at))
        return has_written and not reaction.reread

    def _is_answered(self, reaction: Reaction) -> bool:
        """All that was asked for is in the log."""
        return not self.unanswered and not reaction.answers

    def _require_timers(self, reaction: Reaction) -> None:
        self._stirred.add(None)
        if self.state.stop is not None or self.state.ended is not None:
            self._stirred.update(self._standing)
        for number in tuple(self._stirred):
            wanted = {rest_of(timer.fact): timer for timer in timers_of(self.state, number)}
            standing = self._standing.get(number, {})
            reaction.timers += [t for rest, t in wanted.items() if rest not in standing]
            reaction.overtaken += [fact for rest, fact in standing.items() if rest not in wanted]
            if wanted.keys() == standing.keys():
                self._stirred.remove(number)

    def has_set(self, fact: TimerFact) -> None:
        """The timer stands: it is not asked for again."""
        self._standing.setdefault(_step_of(fact), {})[rest_of(fact)] = fact
        self._stirred.add(_step_of(fact))

    def suppose(self, timers: Iterable[Timer]) -> None:
        """These may stand, though nobody here has set them: they are purged once overtaken."""
        for timer in timers:
            self.has_set(timer.fact)

    def has_purged(self, fact: TimerFact) -> None:
        """The timer is gone."""
        standing = self._standing.get(_step_of(fact), {})
        standing.pop(rest_of(fact), None)
        if not standing:
            self._standing.pop(_step_of(fact), None)

    def remember(self, earlier: Actor) -> None:
        """Know which timers an earlier incarnation has set, and how much it asked for."""
        self._standing = {number: dict(timers) for number, timers in earlier._standing.items()}
        self._stirred.update(self._standing)
        self.asked = earlier.asked


def _step_of(fact: TimerFact) -> int | None:
    return fact.step if isinstance(fact, StepDue) else None
