"""The facts of a run: every event the log can hold, one frozen class each.

    run   requested -> started -> (cancel_requested | deadline_reached) -> stopping -> finished
    step  ready -> started -> turn* -> completed | failed | cancelled
                  failed -> retry_scheduled -> due -> ready (next attempt)
    tool  called -> returned, between two turns (tool_facts)

Wire names are explicit (`type`, `version`); ids that stand in a fact's subject stand in its body
too, so that a fact read alone is complete. `at` is the writer's clock, for people only: nothing
is decided by it. Adding a field needs a default; any other change is a new version, and what was
recorded before is read as one of it.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from shared.run.content import (
    Blob,
    Cause,
    CitationAt,
    Content,
    ContentRef,
    InputRef,
    KeptDecision,
    Limits,
    Receipt,
    ResultRef,
    StopReason,
    Usage,
)
from shared.run.fact import ExecutionFact, RunFact, StepFact
from shared.run.streamed import StepCitation, StepDelta, StepProgress, StepThinking, StepTool
from shared.run.tool_facts import ToolCalled, ToolReturned
from shared.run.versions import FORKED, KEEPS_JSON, OF_A_CHAIN, UNCOUNTED, exactly, up_to, upcast_to

__all__ = [
    "FORKED",
    "KEEPS_JSON",
    "OF_A_CHAIN",
    "UNCOUNTED",
    "ExecutionFact",
    "Fact",
    "Inert",
    "Lifecycle",
    "RunCancelRequested",
    "RunCancelled",
    "RunCompleted",
    "RunDeadlineReached",
    "RunEnded",
    "RunFact",
    "RunFailed",
    "RunMark",
    "RunRequested",
    "RunStartDue",
    "RunStarted",
    "RunStopDue",
    "RunStopping",
    "StepCancelled",
    "StepCitation",
    "StepCompleted",
    "StepDecided",
    "StepDelta",
    "StepDue",
    "StepFact",
    "StepFailed",
    "StepFinished",
    "StepMark",
    "StepProgress",
    "StepReady",
    "StepReleased",
    "StepRetryScheduled",
    "StepSkipped",
    "StepStarted",
    "StepThinking",
    "StepTool",
    "StepTurn",
    "StepWaiting",
    "Stream",
    "TimerFact",
    "ToolCalled",
    "ToolReturned",
]


class RunRequested(RunFact):
    """Someone asked for a run of flow version `flow` (content hash) on `input`.

    Version 2 is written for forks alone: `kept` names the body that lists what run `forked_from`
    leaves to this one, `from_steps` are the steps of that run which were to run again, and
    `until_steps`, if any, those of this run behind which it ends; version 3 for forks alone that
    keep outputs which are JSON. `queue`: where its steps wait.
    `requested_by` is who asked, by name; `actor` the id of that user or token, or `settings`.
    """

    type: Literal["run.requested"] = "run.requested"
    version: Annotated[int, *up_to(KEEPS_JSON)] = 1
    flow: str
    pipeline_id: str | None = None
    pipeline_version: str | None = None
    pipeline_name: str | None = None
    input: Content = ""
    input_sha256: str = ""
    input_size_bytes: int = 0
    variables: dict[str, str] = Field(default={})
    limits: Limits = Limits()
    on_disconnect: Literal["continue", "cancel"] = "continue"
    start_at: str | None = None
    metadata: dict[str, JsonValue] = Field(default={})
    tags: tuple[str, ...] = ()
    forked_from: str | None = None
    from_steps: tuple[int, ...] = ()
    until_steps: tuple[int, ...] = ()
    kept: Blob | None = None
    requested_by: str | None = None
    actor: str | None = None
    queue: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,63}$")] = "shared"

    @model_validator(mode="after")
    def _is_of_its_version(self) -> Self:
        if (self.version >= FORKED) != (self.kept is not None):
            expected = "a body of kept steps" if self.kept is None else "none in version 1"
            raise ValueError(f"expected {expected} in version {self.version}")
        return self


class RunStartDue(RunFact):
    """The time of a delayed start has come."""

    type: Literal["run.start_due"] = "run.start_due"


class RunStarted(RunFact):
    """A scheduler took the run up; `steps` is how many its flow has, 0 where that was not told."""

    type: Literal["run.started"] = "run.started"
    steps: int = 0


class RunCancelRequested(RunFact):
    """Someone asked for the run to stop; `actor` is their id."""

    type: Literal["run.cancel_requested"] = "run.cancel_requested"
    requested_by: str | None = None
    actor: str | None = None
    reason: str | None = None


class RunDeadlineReached(RunFact):
    """The run's deadline has passed."""

    type: Literal["run.deadline_reached"] = "run.deadline_reached"


class RunStopping(RunFact):
    """The one order to abort what is in flight."""

    type: Literal["run.stopping"] = "run.stopping"
    reason: StopReason
    error: Cause | None = None


class RunStopDue(RunFact):
    """The grace of a stopping run is over: attempts still open are recorded as cancelled."""

    type: Literal["run.stop_due"] = "run.stop_due"


class RunCompleted(RunFact):
    """Every step is settled; `result` names the facts that carry the result, in order."""

    type: Literal["run.completed"] = "run.completed"
    result: tuple[ResultRef, ...] = ()


class RunFailed(RunFact):
    """The run ended without a result."""

    type: Literal["run.failed"] = "run.failed"
    error: Cause


class RunCancelled(RunFact):
    """The run ended because someone asked for it."""

    type: Literal["run.cancelled"] = "run.cancelled"


class StepReady(StepFact):
    """An attempt may be executed; `inputs` are references, no inputs mean the run's input.

    `written_bytes` is what the run's input and outputs weighed together by then; `uncounted`, how
    many of the attempts before did not count. Version 2 is written for agents with fallbacks alone:
    `model` is the one to ask, `try` the how-manieth of its tries this is.
    """

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    type: Literal["step.ready"] = "step.ready"
    version: Annotated[int, *up_to(OF_A_CHAIN)] = 1
    kind: str
    pool: str
    queue: str = "shared"
    inputs: tuple[InputRef, ...] = ()
    written_bytes: int = 0
    uncounted: int = 0
    model: str | None = None
    try_of_model: Annotated[int | None, Field(alias="try", ge=1)] = None

    @model_validator(mode="after")
    def _is_of_its_version(self) -> Self:
        is_told = self.model is not None and self.try_of_model is not None
        if (self.version == OF_A_CHAIN) != is_told:
            expected = "no model" if self.version == 1 else "a model and its try"
            raise ValueError(f"expected {expected} in version {self.version}")
        return self

    @property
    def tries(self) -> int:
        """The how-manieth try of its model this is, of those that count."""
        return self.try_of_model or self.attempt - self.uncounted


class StepStarted(ExecutionFact):
    """A worker began to execute the attempt; `alone`: it executes nothing else meanwhile."""

    type: Literal["step.started"] = "step.started"
    worker: str
    alone: bool = False


class StepReleased(ExecutionFact):
    """A worker handed the attempt back: it stops, or a store was away; not a loss."""

    type: Literal["step.released"] = "step.released"
    worker: str


class StepTurn(StepFact):
    """One finished model turn, with all that is needed to go on from it.

    Those of version 1 had no `provider`, there was one, and no `text`.
    `text` is the answer text of the turn, null in turns of version 1 (it is in their `content`);
    `content` is what the `provider` wants sent back: its own, and nobody else's to read.
    `stop_detail` says in words why the model stopped, where the provider does.
    """

    type: Literal["step.turn"] = "step.turn"
    version: Annotated[int, upcast_to(2), *exactly(2)] = 2
    turn: int
    execution: int
    provider: str = "anthropic"
    model: str
    text: Content | None = None
    content: Content
    stop_reason: str | None = None
    stop_detail: str | None = None
    usage: Usage = Usage()


class StepCompleted(StepFact):
    """The attempt succeeded.

    `output` is None for a step that only passes text on; `content` then names the facts that
    carry it. `branches` are the live handles; None means all. `inputs` are only on facts of
    steps that never were ready (the scheduler resolved them). `kept`: a fork has it from the run
    it was forked from, nothing was executed; `decided` is the answer that a kept approval got.
    `json`: the output is JSON that fits the schema of its agent. `citations` are the sources that
    the model named, in order; `citations_left_out` came behind them and did not fit: there are at
    most 200, and 64 KiB of them.
    """

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    type: Literal["step.completed"] = "step.completed"
    execution: int | None = None
    output: Content | None = None
    content: tuple[ContentRef, ...] | None = None
    output_sha256: str = ""
    size_bytes: int = 0
    usage: Usage = Usage()
    model: str | None = None
    stop_reason: str | None = None
    truncated: bool = False
    branches: tuple[str, ...] | None = None
    inputs: tuple[InputRef, ...] = ()
    kept: bool = False
    decided: KeptDecision | None = None
    is_json: Annotated[bool, Field(alias="json")] = False
    citations: tuple[CitationAt, ...] = ()
    citations_left_out: int = 0


class StepFailed(StepFact):
    """The attempt failed.

    Version 2 is written for those alone that are not `counted`: the provider's limit was reached,
    so nothing was done, and another attempt follows however many the step may have.
    """

    type: Literal["step.failed"] = "step.failed"
    version: Annotated[int, *up_to(UNCOUNTED)] = 1
    execution: int | None = None
    error: Cause
    usage: Usage = Usage()
    model: str | None = None
    counted: bool = True

    @model_validator(mode="after")
    def _is_of_its_version(self) -> Self:
        if (self.version == UNCOUNTED) == self.counted:
            raise ValueError(f"expected counted: {not self.counted} in version {self.version}")
        return self


class StepCancelled(StepFact):
    """The attempt was aborted; the receipt says how far it had come."""

    type: Literal["step.cancelled"] = "step.cancelled"
    execution: int | None = None
    receipt: Receipt = Receipt()
    model: str | None = None


class StepRetryScheduled(StepFact):
    """Attempt `attempt` failed and another follows after the delay."""

    type: Literal["step.retry_scheduled"] = "step.retry_scheduled"
    delay_seconds: float


class StepWaiting(StepFact):
    """A person is asked; without an answer the deadline decides, if there is one."""

    type: Literal["step.waiting"] = "step.waiting"
    prompt: str | None = None
    timeout_seconds: int | None = None
    inputs: tuple[InputRef, ...] = ()


class StepDecided(StepFact):
    """A person answered; `request` tells one request from another of the same words.

    `link` names the one-time link it was answered by, null for who came with a token; `actor` is
    the id of `decided_by`.
    """

    type: Literal["step.decided"] = "step.decided"
    decision: Literal["approve", "reject"]
    comment: str | None = None
    decided_by: str | None = None
    actor: str | None = None
    request: str = ""
    link: str | None = None


class StepDue(StepFact):
    """A delay or a deadline of the step has passed."""

    type: Literal["step.due"] = "step.due"
    purpose: Literal["retry", "approval", "queue"]


class StepSkipped(RunFact):
    """No input of the step is alive: it never runs."""

    type: Literal["step.skipped"] = "step.skipped"
    step: int
    node: str


RunEnded = RunCompleted | RunFailed | RunCancelled
StepFinished = StepCompleted | StepFailed | StepCancelled
Stream = StepDelta | StepThinking | StepTool | StepCitation | StepProgress
TimerFact = RunStartDue | RunDeadlineReached | RunStopDue | StepDue

# What the heart makes of facts: each type is in one of these, or is the run's request.
RunMark = (
    RunStartDue | RunStarted | RunCancelRequested | RunDeadlineReached | RunStopping | RunStopDue
)
StepMark = (
    StepReady
    | StepStarted
    | StepReleased
    | StepFinished
    | StepRetryScheduled
    | StepWaiting
    | StepDecided
    | StepDue
    | StepSkipped
)
Tooling = ToolCalled | ToolReturned
Inert = StepTurn | Tooling | Stream

Lifecycle = RunRequested | RunMark | RunEnded | StepMark | StepTurn | Tooling
Fact = Annotated[Lifecycle | Stream, Field(discriminator="type")]
