"""What is known of a run: a value computed from its facts, and nothing else.

The state is a function of the *set* of recorded facts, in whatever order they come that keeps a
cause before its effects: each step holds the furthest stage of its latest attempt, so a scheduler
may fold what it writes before what it has yet to read. The frontier (`unresolved`, `agenda`,
`timed`, `open`) is kept incrementally: a fact costs O(out-degree of its step), not O(steps).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Literal, NamedTuple

from immutables import Map

from shared.flow import Edge, Flow
from shared.run.content import Cause, ContentRef, StopReason
from shared.run.facts import RunEnded, RunRequested
from shared.run.kept import NOTHING_KEPT, Kept


class Stage(IntEnum):
    """How far one attempt of a step has come; a later stage hides an earlier one."""

    PENDING = 0
    READY = 1
    QUEUE_DUE = 2
    EXECUTING = 3
    WAITING = 4
    ANSWERED = 5
    FINISHED = 6
    RETRYING = 7
    RETRY_DUE = 8
    SKIPPED = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a completed step offers those behind it, and forks: references and weights, no text."""

    content: tuple[ContentRef, ...]
    sha256: str
    size_bytes: int
    branches: tuple[str, ...] | None
    stop_reason: str | None = None
    truncated: bool = False
    is_json: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What decides an approval: the first of a person's decision and the timeout."""

    sequence: int
    decision: Literal["approve", "reject"] | None


class StepState(NamedTuple):
    """The latest attempt of a step: its stage, since when, and what came of it.

    `final` says that a failure is for good, `counted` that it is an attempt of those the step may
    have; `uncounted` are those up to now that are not. `execution` and `released` are of the latest
    execution. `model` is the one that the attempt asks, where there are several, `passed` are the
    counted attempts of those before it, and `fallback` is the one that takes over.
    """

    attempt: int = 0
    stage: Stage = Stage.PENDING
    since: datetime | None = None
    execution: int = 0
    released: bool = False
    delay_seconds: float = 0
    answer: Answer | None = None
    output: Output | None = None
    error: Cause | None = None
    final: bool = False
    carries_on: bool = False
    counted: bool = True
    uncounted: int = 0
    model: str | None = None
    passed: int = 0
    fallback: str | None = None

    def at(self, attempt: int, stage: Stage, since: datetime) -> StepState:
        """The step at another stage: what is known of the one before is over, but for counts."""
        return StepState(
            attempt=attempt,
            stage=stage,
            since=since,
            uncounted=self.uncounted,
            model=self.model,
            passed=self.passed,
        )

    @property
    def tries(self) -> int:
        """How many attempts of its model have counted, this one too."""
        return self.attempt - self.uncounted - self.passed

    @property
    def is_open(self) -> bool:
        """An outcome of the attempt is awaited."""
        return Stage.READY <= self.stage <= Stage.ANSWERED

    @property
    def is_worked_on(self) -> bool:
        """A worker began the attempt and has not handed it back.

        Only a state folded from a history knows: nobody is told of starts as they are recorded.
        """
        return self.stage is Stage.EXECUTING and not self.released

    @property
    def is_resolved(self) -> bool:
        """Its out-edges are decided: alive, or dead for good."""
        return self.output is not None or self.stage is Stage.SKIPPED or self.carries_on

    @property
    def is_settled(self) -> bool:
        """Nothing more will come of it in a run that goes on."""
        cancelled = self.stage is Stage.FINISHED and self.error is None
        return self.is_resolved or cancelled


NOT_BEGUN = StepState()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The recorded order to stop."""

    reason: StopReason
    error: Cause | None
    since: datetime


class RunState(NamedTuple):
    """A run, folded. `steps` holds those begun; `unresolved` counts open in-edges where touched.

    `agenda` are the steps that owe a fact, `timed` those for which a timer must stand, `open` those
    with an outcome awaited, `fatal` those that failed so that the run must stop; `failures` counts
    all that failed for good; `written_bytes` is what the input and all outputs weigh. `kept` is
    what a fork has from another run, `wanted` the steps that run, None for all.
    """

    flow: Flow
    kept: Kept = NOTHING_KEPT
    wanted: frozenset[int] | None = None
    requested: RunRequested | None = None
    begins: datetime | None = None
    start_due: bool = False
    started: bool = False
    cancel_requested: bool = False
    deadline_reached: bool = False
    stop: Stop | None = None
    stop_due: bool = False
    ended: RunEnded | None = None
    steps: Map[int, StepState] = Map()
    unresolved: Map[int, int] = Map()
    agenda: Map[int, None] = Map()
    timed: Map[int, None] = Map()
    open: Map[int, None] = Map()
    settled: int = 0
    asking: int = 0
    tokens: int = 0
    written_bytes: int = 0
    fatal: Map[int, None] = Map()
    failures: int = 0

    @property
    def failure(self) -> Cause | None:
        """Why the run must stop: the failure of the first such step in topological order."""
        if not self.fatal:
            return None
        number = min(self.fatal)
        error = self.step(number).error
        named = {"step": number, "node": self.flow.steps[number].node}
        return None if error is None else error.model_copy(update=named)

    def step(self, number: int) -> StepState:
        """The state of a step, begun or not."""
        return self.steps.get(number, NOT_BEGUN)

    def unresolved_of(self, number: int) -> int:
        """How many in-edges of a step are still undecided."""
        return self.unresolved.get(number, len(self.flow.steps[number].inputs))

    def is_alive(self, edge: Edge) -> bool:
        """The edge's source completed and took this branch."""
        output = self.step(edge.source).output
        if output is None:
            return False
        return output.branches is None or edge.handle in output.branches

    def is_wanted(self, number: int) -> bool:
        """The step may run: it is not behind those that the run is to end with."""
        return self.wanted is None or number in self.wanted

    @property
    def ends(self) -> tuple[int, ...]:
        """The steps whose outputs are the result."""
        until = () if self.requested is None else self.requested.until_steps
        return until or self.flow.sinks


def initial(flow: Flow, kept: Kept = NOTHING_KEPT) -> RunState:
    """A run of this flow of which nothing is recorded yet, with what it has from another."""
    agenda = Map({s.number: None for s in flow.steps if not s.inputs})
    return RunState(flow=flow, kept=kept, agenda=agenda)
