"""What facts mean for the read model: a pure function from facts to the rows they change.

Nothing is read: every column is a register that facts can only fill or raise, so facts that were
applied before change nothing, and any cut of a history into batches gives the same rows.

    run status    the greatest of pending, running, failing, cancelling, the ends
    step status   that of the greatest (attempt, stage, execution), as the heart orders them
    the rest      the first one said, or the only one

Facts before their run's `requested` are inert; facts after its end are void, but for usage.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeAlias

from pydantic import JsonValue, TypeAdapter

from services.projector.rows import Row, RunRow, StepRow, Story
from shared.run import facts as f
from shared.run.content import Cause, InputRef, Limits, ResultRef, Usage
from shared.run.meaning import by_type
from shared.run.state import Stage
from shared.run.used import used_by
from shared.run.wire import Recorded

PREVIEW_CHARACTERS = 200
STAGE_BITS, STAGES = 32, 16
NO_USAGE: Row = (0,) * len(Usage.model_fields)

_counts: Callable[[Usage], Row] = attrgetter(*Usage.model_fields)
_CAUSE = TypeAdapter(Cause)
_LIMITS = TypeAdapter(Limits)
_RESULT = TypeAdapter(tuple[ResultRef, ...])
_STEPS = TypeAdapter(tuple[int, ...])
_TAGS = TypeAdapter(tuple[str, ...])
_METADATA = TypeAdapter(dict[str, JsonValue])
_RANK = {
    word: rank
    for rank, word in enumerate(
        ("pending", "running", "failing", "cancelling", "completed", "failed", "cancelled")
    )
}


def tell(told: dict[str, Story], recorded: Recorded) -> None:
    """Add what a fact says to its run's story. Those of one run must come in the log's order."""
    fact = recorded.fact
    story = told.get(fact.run)
    # What came before `requested` is inert: a story with it begins there.
    if story is None or (not story.born and isinstance(fact, f.RunRequested)):
        story = told[fact.run] = _begun(fact)
    if story.run.finished_seq is not None:
        _use(story, fact)
        return
    story.run.last_seq = recorded.sequence
    if rule := _RULES.get(type(fact)):
        rule(story, fact, recorded)


def _begun(fact: f.RunFact) -> Story:
    return Story(RunRow(run_id=fact.run, workspace=fact.workspace, partition=fact.partition))


def standing(attempt: int, stage: Stage, refinement: int = 0) -> int:
    """How far a step has come, as one number: the order of the heart's `evolve`."""
    return (attempt * STAGES + stage) << STAGE_BITS | refinement


def _requested(story: Story, fact: f.RunRequested, recorded: Recorded) -> None:
    if story.born:
        return
    run, text = story.run, fact.input
    story.born = True
    run.flow = fact.flow
    run.pipeline_id = fact.pipeline_id
    run.pipeline_version = fact.pipeline_version
    run.pipeline_name = fact.pipeline_name
    run.input_preview = text[:PREVIEW_CHARACTERS] if isinstance(text, str) else ""
    run.input_sha256 = fact.input_sha256
    run.input_size_bytes = fact.input_size_bytes
    run.metadata = _METADATA.dump_json(fact.metadata).decode()
    run.tags = _TAGS.dump_json(fact.tags).decode()
    run.limits = _LIMITS.dump_json(fact.limits).decode()
    run.on_disconnect = fact.on_disconnect
    run.start_at = fact.start_at
    run.forked_from = fact.forked_from
    if fact.forked_from is not None:
        run.from_steps = _STEPS.dump_json(fact.from_steps).decode()
    run.requested_by = fact.requested_by
    run.created_at = recorded.time


def _raise(run: RunRow, status: str) -> None:
    if _RANK[status] > _RANK[run.status]:
        run.status = status


def _run_started(story: Story, fact: f.RunStarted, recorded: Recorded) -> None:
    _raise(story.run, "running")
    story.run.started_at = recorded.time


def _cancel(story: Story, fact: f.RunCancelRequested, recorded: Recorded) -> None:
    _raise(story.run, "cancelling")
    story.run.cancel_requested_at = recorded.time


def _stopping(story: Story, fact: f.RunStopping, recorded: Recorded) -> None:
    _raise(story.run, "cancelling" if fact.reason == "cancelled" else "failing")
    story.run.stopping = fact.reason


def _run_ended(story: Story, fact: f.RunEnded, recorded: Recorded) -> None:
    run = story.run
    run.status = fact.type.removeprefix("run.")
    run.finished_at = recorded.time
    run.finished_seq = recorded.sequence
    if isinstance(fact, f.RunCompleted):
        run.result = _RESULT.dump_json(fact.result).decode()
    elif isinstance(fact, f.RunFailed):
        run.error = _CAUSE.dump_json(fact.error).decode()


def _stand(story: Story, fact: f.StepFact, status: str, height: int, at: datetime) -> None:
    step = story.steps.get(fact.step)
    if step is None:
        story.steps[fact.step] = StepRow(
            run_id=fact.run,
            step=fact.step,
            node=fact.node,
            kind=None,
            status=status,
            attempt=fact.attempt,
            standing=height,
            changed_at=at,
        )
    elif height > step.standing:
        step.status = status
        step.attempt = fact.attempt
        step.standing = height
        step.changed_at = at


def _receive(story: Story, step: int, inputs: tuple[InputRef, ...]) -> None:
    for each in inputs:
        story.inputs.setdefault((step, each.step), each.attempt)


def _ready(story: Story, fact: f.StepReady, recorded: Recorded) -> None:
    _stand(story, fact, "ready", standing(fact.attempt, Stage.READY), recorded.time)
    story.steps[fact.step].kind = fact.kind
    attempt = story.attempt(fact.step, fact.attempt)
    attempt.pool = fact.pool
    attempt.queue = fact.queue
    attempt.ready_at = recorded.time
    _receive(story, fact.step, fact.inputs)


def _started(story: Story, fact: f.StepStarted, recorded: Recorded) -> None:
    height = standing(fact.attempt, Stage.EXECUTING, fact.execution << 1)
    _stand(story, fact, "running", height, recorded.time)
    attempt = story.attempt(fact.step, fact.attempt)
    if attempt.started_at is None:
        attempt.started_at = recorded.time
    if fact.execution > attempt.executions:
        attempt.executions = fact.execution
        attempt.worker = fact.worker


def _released(story: Story, fact: f.StepReleased, recorded: Recorded) -> None:
    height = standing(fact.attempt, Stage.EXECUTING, fact.execution << 1 | 1)
    _stand(story, fact, "ready", height, recorded.time)


def _finished(story: Story, fact: f.StepFinished, recorded: Recorded) -> None:
    outcome = fact.type.removeprefix("step.")
    _stand(story, fact, outcome, standing(fact.attempt, Stage.FINISHED), recorded.time)
    attempt = story.attempt(fact.step, fact.attempt)
    attempt.outcome = outcome
    attempt.finished_at = recorded.time
    attempt.model = fact.model
    if isinstance(fact, f.StepCompleted):
        attempt.stop_reason = fact.stop_reason
        attempt.truncated = fact.truncated
        attempt.output_sha256 = fact.output_sha256
        attempt.output_size_bytes = fact.size_bytes
        _receive(story, fact.step, fact.inputs)
    elif isinstance(fact, f.StepFailed):
        attempt.error = _CAUSE.dump_json(fact.error).decode()
    else:
        attempt.aborted_after_ms = fact.receipt.aborted_after_ms
    _use(story, fact)


def _retry(story: Story, fact: f.StepRetryScheduled, recorded: Recorded) -> None:
    height = standing(fact.attempt, Stage.RETRYING)
    _stand(story, fact, "retrying", height, recorded.time)


def _waiting(story: Story, fact: f.StepWaiting, recorded: Recorded) -> None:
    _stand(story, fact, "waiting", standing(fact.attempt, Stage.WAITING), recorded.time)
    story.steps[fact.step].kind = "approval"
    story.attempt(fact.step, fact.attempt).ready_at = recorded.time
    _receive(story, fact.step, fact.inputs)


def _decided(story: Story, fact: f.StepDecided, recorded: Recorded) -> None:
    _stand(story, fact, "waiting", standing(fact.attempt, Stage.ANSWERED), recorded.time)


_DUE = {
    "queue": ("ready", Stage.QUEUE_DUE),
    "approval": ("waiting", Stage.ANSWERED),
    "retry": ("retrying", Stage.RETRY_DUE),
}


def _due(story: Story, fact: f.StepDue, recorded: Recorded) -> None:
    status, stage = _DUE[fact.purpose]
    _stand(story, fact, status, standing(fact.attempt, stage), recorded.time)


def _skipped(story: Story, fact: f.StepSkipped, recorded: Recorded) -> None:
    unattempted = f.StepFact(
        workspace=fact.workspace,
        run=fact.run,
        partition=fact.partition,
        step=fact.step,
        node=fact.node,
        attempt=0,
    )
    _stand(story, unattempted, "skipped", standing(0, Stage.SKIPPED), recorded.time)


def _turn(story: Story, fact: f.StepTurn, recorded: Recorded) -> None:
    _use(story, fact)


def _use(story: Story, fact: f.RunFact) -> None:
    if not isinstance(fact, f.StepFact) or (used := used_by(fact)) is None:
        return
    counts = _counts(used.usage)
    if counts != NO_USAGE:
        story.usage.setdefault((fact.step, fact.attempt, used.turn), (used.model, *counts))
        story.nodes[fact.step] = fact.node


_Rule: TypeAlias = Callable[[Story, Any, Recorded], None]
_RULES: dict[type[f.RunFact], _Rule] = by_type(
    "rows",
    {
        f.RunRequested: _requested,
        f.RunStarted: _run_started,
        f.RunCancelRequested: _cancel,
        f.RunStopping: _stopping,
        f.RunCompleted: _run_ended,
        f.RunFailed: _run_ended,
        f.RunCancelled: _run_ended,
        f.StepReady: _ready,
        f.StepStarted: _started,
        f.StepReleased: _released,
        f.StepTurn: _turn,
        f.StepCompleted: _finished,
        f.StepFailed: _finished,
        f.StepCancelled: _finished,
        f.StepRetryScheduled: _retry,
        f.StepWaiting: _waiting,
        f.StepDecided: _decided,
        f.StepDue: _due,
        f.StepSkipped: _skipped,
    },
)
