"""An agent: instructions and input to the model, its answer back, every turn recorded.

A turn in the log is never asked for again: an execution goes on behind the last one. Of two
executions at once the log keeps one turn a number, and both go on from that.
"""

import asyncio
from collections.abc import Iterator, Sequence
from math import ceil
from time import perf_counter

from pydantic import ValidationError

from services.agent_worker import signals
from services.agent_worker.deltas import Deltas
from services.agent_worker.identity import executed
from services.agent_worker.interrupt import Interrupted
from services.agent_worker.kinds.calling import Beside
from services.agent_worker.kinds.kind import Assignment, Equipment
from services.agent_worker.kinds.talking import Talking
from services.agent_worker.model.conversation import Conversation
from services.agent_worker.model.fitting import fitted, has_structured_output, model_of
from services.agent_worker.model.patience import Limits
from services.agent_worker.model.typed import with_schema
from services.agent_worker.outcome import (
    Aborted,
    Failure,
    Outcome,
    Released,
    failure,
    failure_of,
)
from services.agent_worker.providers.causes import interrupted
from services.agent_worker.providers.provider import Provider, Request, ToolSpec
from services.agent_worker.turns import Slow
from shared.errors import AttemptFailed, Corrupt
from shared.flow import AgentWork, RenderProblem, Step, instructions_with
from shared.log.declared import DELTA_SECONDS
from shared.run.content import Receipt
from shared.run.texts import INLINE_BYTES
from shared.tools.offered import Offered, offered_by

NO_INPUT = "Please proceed with your instructions."
DEFAULT_MAX_TOKENS = 8192
NO_KEY = "no_provider_key"
NO_KEY_WORDS = (
    "API key not configured: set the workspace's by PUT /api/v1/provider-keys/{provider}, or "
    "penstock provider-key set"
)


async def execute(assignment: Assignment, equipment: Equipment) -> Outcome:
    """The model's answer, with all that can come in its way."""
    work = assignment.step.work
    assert isinstance(work, AgentWork)
    offered = tuple(offered_of(work))
    request = request_of(assignment, equipment, offered)
    if isinstance(request, Failure):
        return request
    provider = await _provider_of(assignment, equipment, request.asked.provider)
    if isinstance(provider, Failure):
        return provider
    step, interrupt = assignment.step, assignment.execution.interrupt
    ids = executed(assignment.execution.ready, assignment.number)
    deltas = Deltas(equipment.store, ids, equipment.delta_seconds, kept_seconds(step))
    limits = Limits(step.first_token_seconds, step.idle_seconds, step.quiet_seconds)
    talk = Conversation(provider, request, limits, deltas, interrupt)
    loop = asyncio.get_running_loop()
    timer = loop.call_later(step.timeout_seconds, interrupt.fire, "step_timeout")
    began_at = loop.time()
    outcome: Outcome
    try:
        with interrupt:
            outcome = await Talking(assignment, equipment, offered, deltas, talk).outcome()
    except Interrupted as ended:
        outcome = _cut_short(ended, assignment, talk)
    except (Slow, Beside):
        outcome = Released()
    except AttemptFailed as error:
        outcome = failure_of(error, talk.usage, talk.model)
    finally:
        timer.cancel()
        deltas.close()
    if deltas.first_at is not None:
        signals.FIRST_TOKEN.observe(deltas.first_at - began_at)
    await deltas.acknowledged(talk.text)
    return outcome


async def _provider_of(
    assignment: Assignment, equipment: Equipment, name: str
) -> Provider | Failure:
    """The provider, asked by the key of the run's workspace, or why it cannot be asked."""
    try:
        provider = equipment.providers.of(name)
        key = await equipment.keys.key_of(assignment.execution.key.workspace, name)
    except AttemptFailed as error:
        return failure_of(error)
    if key is None and equipment.providers.needs_key(name):
        return failure(NO_KEY, NO_KEY_WORDS.format(provider=name))
    return provider.with_key(key)


def offered_of(work: AgentWork) -> Iterator[Offered]:
    """The tools that the worker calls for the agent; their definitions were judged with the flow.

    Raises: Corrupt.
    """
    try:
        yield from offered_by(work.own_tools, is_saved=True)
    except ValidationError as error:
        raise Corrupt(f"expected tools of kinds known here: {error.errors()[0]['msg']}") from error


def request_of(
    assignment: Assignment, equipment: Equipment, offered: Sequence[Offered] = ()
) -> Request | Failure:
    """What the model is to be asked, or what is wrong with the question."""
    work = assignment.step.work
    assert isinstance(work, AgentWork)
    system = instructions_with(work.instructions, assignment.requested.variables)
    if isinstance(system, RenderProblem):
        return failure(system.code, system.message)
    asked = model_of(assignment.execution.ready, work, equipment.default_model)
    fitting = fitted(work, asked)
    if work.output_schema is not None and not has_structured_output(asked):
        system = with_schema(system, work.output_schema)
    return Request(
        asked=asked,
        max_tokens=fitting.max_tokens or DEFAULT_MAX_TOKENS,
        system=system,
        prompt=assignment.input if assignment.input.strip() else NO_INPUT,
        work=fitting,
        tools=[ToolSpec(each.name, each.description, each.input_schema) for each in offered],
    )


def kept_seconds(step: Step) -> int:
    """How long the log keeps the step's deltas: all of them for as long as an attempt may take."""
    return max(DELTA_SECONDS, ceil(step.timeout_seconds) + DELTA_SECONDS // 2)


def _cut_short(ended: Interrupted, assignment: Assignment, talk: Conversation) -> Outcome:
    step = assignment.step
    match ended.reason:
        case "released":
            return Released()
        case "stopped":
            return _aborted(assignment, talk)
        case "step_timeout":
            seconds = step.timeout_seconds
        case "first_token":
            seconds = step.first_token_seconds
        case "idle":
            seconds = step.idle_seconds
        case "quiet":
            seconds = step.quiet_seconds
    return Failure(cause=interrupted(ended.reason, seconds), usage=talk.usage, model=talk.model)


def _aborted(assignment: Assignment, talk: Conversation) -> Aborted:
    elapsed = perf_counter() - assignment.execution.interrupt.fired_at
    signals.ABORTED.observe(elapsed)
    # The receipt is part of a fact: of a long text it keeps the beginning.
    receipt = Receipt(
        aborted_after_ms=round(elapsed * 1000, 3), text=talk.text[:INLINE_BYTES], usage=talk.usage
    )
    return Aborted(receipt=receipt, model=talk.model)
