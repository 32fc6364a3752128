"""Rows of the read model, as far as a batch of facts knows them: field order is column order.

None means that the batch says nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter

Row = tuple[object, ...]


@dataclass(slots=True, kw_only=True)
class RunRow:
    """A run. The first block is said by `requested` alone."""

    run_id: str
    workspace: str
    partition: int
    flow: str | None = None
    pipeline_id: str | None = None
    pipeline_version: str | None = None
    pipeline_name: str | None = None
    input_preview: str | None = None
    input_sha256: str | None = None
    input_size_bytes: int | None = None
    metadata: str | None = None
    tags: str | None = None
    limits: str | None = None
    on_disconnect: str | None = None
    start_at: str | None = None
    forked_from: str | None = None
    from_steps: str | None = None
    requested_by: str | None = None
    created_at: datetime | None = None
    status: str = "pending"
    started_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    stopping: str | None = None
    finished_at: datetime | None = None
    result: str | None = None
    error: str | None = None
    last_seq: int = 0
    finished_seq: int | None = None


@dataclass(slots=True, kw_only=True)
class StepRow:
    """The furthest that is known of a step; `standing` says how far that is."""

    run_id: str
    step: int
    node: str
    kind: str | None
    status: str
    attempt: int
    standing: int
    changed_at: datetime


@dataclass(slots=True, kw_only=True)
class AttemptRow:
    """One attempt: when it was ready, who executed it, what came of it."""

    run_id: str
    step: int
    attempt: int
    pool: str | None = None
    queue: str | None = None
    ready_at: datetime | None = None
    executions: int = 0
    worker: str | None = None
    started_at: datetime | None = None
    outcome: str | None = None
    finished_at: datetime | None = None
    error: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    truncated: bool = False
    output_sha256: str | None = None
    output_size_bytes: int | None = None
    aborted_after_ms: float | None = None


@dataclass(slots=True)
class Story:
    """What a batch says of one run. `born` if it has the run's `requested`.

    `inputs` are attempts by (step, source); `usage` are model and counts by (step, attempt, turn),
    turn 0 for a whole attempt, and `nodes` those of their steps.
    """

    run: RunRow
    born: bool = False
    steps: dict[int, StepRow] = field(default_factory=dict)
    attempts: dict[tuple[int, int], AttemptRow] = field(default_factory=dict)
    inputs: dict[tuple[int, int], int] = field(default_factory=dict)
    usage: dict[tuple[int, int, int], Row] = field(default_factory=dict)
    nodes: dict[int, str] = field(default_factory=dict)

    @property
    def has_question(self) -> bool:
        """A person is asked something in it, as far as this goes."""
        return any(step.status == "waiting" for step in self.steps.values())

    @property
    def may_change_deciders(self) -> bool:
        """A question came or was decided in it, or all that were open are void."""
        return self.has_question or (
            not self.born and self.run.status not in ("pending", "running")
        )

    def keep_usage_only(self) -> None:
        """The run had ended before: what came after is void, but its tokens were used."""
        self.steps.clear()
        self.attempts.clear()
        self.inputs.clear()

    def attempt(self, step: int, attempt: int) -> AttemptRow:
        """The row of an attempt, made when first asked for."""
        found = self.attempts.get((step, attempt))
        if found is None:
            found = AttemptRow(run_id=self.run.run_id, step=step, attempt=attempt)
            self.attempts[step, attempt] = found
        return found


def columns(of: type[RunRow] | type[StepRow] | type[AttemptRow]) -> tuple[str, ...]:
    """The columns of a kind of row, in order."""
    return tuple(each.name for each in fields(of))


run_row: Callable[[RunRow], Row] = attrgetter(*columns(RunRow))
step_row: Callable[[StepRow], Row] = attrgetter(*columns(StepRow))
attempt_row: Callable[[AttemptRow], Row] = attrgetter(*columns(AttemptRow))
