"""An agent: instructions and input to the model, its answer back, every turn recorded.

A turn in the log is never asked for again: an execution goes on behind the last one. Of two
executions at once the log keeps one turn a number, and both go on from that.
"""

import asyncio
from collections import deque
from dataclasses import replace
from math import ceil
from time import perf_counter

from services.agent_worker import signals
from services.agent_worker.checkers import Fits, Unchecked
from services.agent_worker.deltas import Deltas
from services.agent_worker.identity import attempted, executed
from services.agent_worker.interrupt import Interrupted
from services.agent_worker.kinds.kind import Assignment, Equipment
from services.agent_worker.model.conversation import Conversation
from services.agent_worker.model.fitting import fitted, has_structured_output, model_of
from services.agent_worker.model.patience import Limits
from services.agent_worker.model.turn import Turn, outcome_of, text_of, turn_of
from services.agent_worker.model.typed import mending, unfit, with_schema
from services.agent_worker.outcome import (
    Aborted,
    Failure,
    Outcome,
    Output,
    Released,
    failure,
    failure_of,
)
from services.agent_worker.providers.causes import RATE_LIMITED, interrupted
from services.agent_worker.providers.provider import Provider, Request
from services.agent_worker.recording import append, fetched, kept, reread
from services.agent_worker.turns import Slow
from shared.errors import AttemptFailed, Corrupt
from shared.flow import AgentWork, RenderProblem, Step, instructions_with
from shared.log.declared import DELTA_SECONDS
from shared.log.port import Appended
from shared.log.subjects import rest_of
from shared.run.content import Cause, Receipt
from shared.run.facts import StepTurn
from shared.run.texts import INLINE_BYTES

OPAQUE_BYTES = 4 * 1024
"""A turn's content beyond this stands beside the log: only who goes on with the turn reads it."""
NO_INPUT = "Please proceed with your instructions."
DEFAULT_MAX_TOKENS = 8192
NO_KEY = "no_provider_key"
NO_KEY_WORDS = (
    "API key not configured: set the workspace's by PUT /api/v1/provider-keys/{provider}, or "
    "penstock provider-key set"
)


async def execute(assignment: Assignment, equipment: Equipment) -> Outcome:
    """The model's answer, with all that can come in its way."""
    request = request_of(assignment, equipment)
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
            outcome = await _Talking(assignment, equipment, deltas, talk).outcome()
    except Interrupted as ended:
        outcome = _cut_short(ended, assignment, talk)
    except Slow:
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


def request_of(assignment: Assignment, equipment: Equipment) -> Request | Failure:
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
    )


def kept_seconds(step: Step) -> int:
    """How long the log keeps the step's deltas: all of them for as long as an attempt may take."""
    return max(DELTA_SECONDS, ceil(step.timeout_seconds) + DELTA_SECONDS // 2)


class _Talking:
    """One execution's turns: read back, asked for, recorded."""

    def __init__(
        self, assignment: Assignment, equipment: Equipment, deltas: Deltas, talk: Conversation
    ) -> None:
        self._assignment = assignment
        self._ready = assignment.execution.ready
        self._store = equipment.store
        self._checkers = equipment.checkers
        work = assignment.step.work
        self._schema = work.output_schema if isinstance(work, AgentWork) else None
        self._deltas = deltas
        self._talk = talk

    async def outcome(self) -> Output | Failure:
        """How the attempt ends, its turns recorded by then."""
        recorded, talk = deque(self._assignment.context.turns), self._talk
        while (outcome := await self._judged()) is None:
            if recorded:
                self._add(await self._read(recorded.popleft()))
                continue
            turn = await talk.next_turn(self._ready.tries)
            if isinstance(turn, Cause):
                counted = not (talk.is_untouched and _is_limit(turn))
                return Failure(cause=turn, usage=talk.usage, model=talk.model, counted=counted)
            await self._deltas.acknowledged(talk.text)
            self._add(await self._recorded(turn))
        return outcome

    async def _judged(self) -> Output | Failure | None:
        """How the attempt ends after the turns so far; None if the model is to be asked again.

        What is said to an answer that does not fit follows from its text alone: an execution after
        this one says the same.
        """
        talk, outcome = self._talk, outcome_of(self._talk.turns)
        if self._schema is None or not isinstance(outcome, Output):
            return outcome
        ready = self._ready
        whose, text = (ready.workspace, ready.run), talk.turns[-1].text
        found = await self._checkers.check(self._schema, text, whose)
        if isinstance(found, Fits):
            return replace(outcome, text=found.text, is_json=True)
        if isinstance(found, Unchecked):
            cause = Cause(code=found.code, message=found.message)
            return Failure(cause=cause, usage=talk.usage, model=talk.model)
        if talk.has_replied:
            return unfit(found.complaints, talk.usage, talk.model)
        talk.reply(mending(found.complaints))
        return None

    def _add(self, turn: Turn) -> None:
        self._talk.add(turn)
        # The text of a typed answer is that of its last turn.
        told = len(text_of(self._talk.turns)) if self._schema is None else 0
        self._deltas.go_on_at(told)

    async def _recorded(self, turn: Turn) -> Turn:
        """The turn that the log has of this number: this one, or the one that came first."""
        execution = self._assignment.execution
        content = turn.content
        fact = StepTurn(
            **attempted(self._ready),
            turn=len(self._talk.turns) + 1,
            execution=self._assignment.number,
            provider=self._talk.provider,
            model=turn.model,
            text=await kept(self._store, execution, turn.text.encode(), turn.text),
            content=await kept(self._store, execution, content.encode(), content, OPAQUE_BYTES),
            stop_reason=turn.stop_reason,
            stop_detail=turn.stop_detail,
            usage=turn.usage,
        )
        if isinstance(await append(self._store, fact), Appended):
            return turn
        first = await reread(self._store, fact)
        if not isinstance(first, StepTurn):
            raise Corrupt(f"expected a turn at {rest_of(fact)} of run {fact.run}, found {first}")
        return await self._read(first)

    async def _read(self, fact: StepTurn) -> Turn:
        whose = (self._store, fact.workspace, fact.run)
        text = None if fact.text is None else await fetched(*whose, fact.text)
        return turn_of(fact, text, await fetched(*whose, fact.content))


def _is_limit(cause: Cause) -> bool:
    """The provider's limit is reached, and it said until when."""
    is_limit = cause.code == RATE_LIMITED and cause.retryable
    return is_limit and cause.retry_after_seconds is not None


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
