"""The calls that a model's turns ask for: each made or read back, and recorded as two facts.

    recorded as returned            what stands is told again, and nothing is called
    recorded as called alone        lost: by the tool's `on_lost`
    neither                         called (fact), the call, returned (fact)

The fact `tool.returned` is the fence: of two executions the first to record it decides what the
model is told. What cannot be called is refused by a `tool.returned` alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import islice

from services.agent_worker import signals
from services.agent_worker.execution import Execution
from services.agent_worker.identity import executed
from services.agent_worker.kinds.kind import Assignment, Equipment
from services.agent_worker.providers.provider import ToolAnswer, ToolCall
from services.agent_worker.recording import OPAQUE_BYTES, append, fetched, first_recorded, kept
from services.agent_worker.tools.arguments import fitting_arguments
from services.agent_worker.tools.callers import Call, Occasion, prepared
from services.agent_worker.tools.result import ToolResult, failed
from services.agent_worker.tools.together import all_of
from shared.errors import AttemptFailed
from shared.flow.json_value import JSON
from shared.log.port import Appended
from shared.log.subjects import StepKey, address_of, tool_rest
from shared.run.content import ToolFault
from shared.run.facts import ToolCalled, ToolReturned
from shared.runtime.logging import logger
from shared.tools.offered import Offered

log = logger()

MOST_AT_ONCE = 8
MOST_A_TURN = 32
MOST_AN_ATTEMPT = 256
MOST_LOST = 3
MOST_FAILING = 5
MOST_NAMED = 20  # of the tools that a model has, when it asks for another
TOOL_LOST = "tool_lost"
LARGEST_INPUT_BYTES = 1 << 20
LARGEST_TOLD = 32 << 20
"""Bytes of all results of an attempt: each is told to the model again in every turn behind it."""
UNKNOWN = (
    "It is not known whether this call was carried out: the connection was lost before its result "
    "came. It was not made again."
)


class Beside(Exception):
    """Another execution makes the same call, which may not be made twice: leave it to that one."""


class Calling:
    """All calls of one attempt, as one execution comes by them."""

    def __init__(
        self, assignment: Assignment, equipment: Equipment, offered: Sequence[Offered]
    ) -> None:
        self._assignment = assignment
        self._equipment = equipment
        self._offered = {each.name: each for each in offered}
        tooling = assignment.context.tooling
        self._returned = {_place(f): f for f in tooling if isinstance(f, ToolReturned)}
        self._called = [fact for fact in tooling if isinstance(fact, ToolCalled)]
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._count = 0
        self._failing = 0
        self._told_bytes = 0

    async def answers(self, turn: int, calls: Sequence[ToolCall]) -> tuple[ToolAnswer, ...]:
        """What the model is told of the calls of this turn, all of them recorded.

        Raises: AttemptFailed, where the attempt ends here; Beside, Slow, Interrupted, Unavailable,
        Corrupt.
        """
        self._count += len(calls)
        if self._count > MOST_AN_ATTEMPT:
            message = f"the model asked for more than {MOST_AN_ATTEMPT} calls of tools"
            raise AttemptFailed(message, code="too_many_tool_calls", retry=False)
        made = [self._answered(turn, index, call) for index, call in enumerate(calls)]
        facts = await all_of(made)
        self._note(facts)
        answers = tuple([await self._answer(fact) for fact in facts])
        self._told_bytes += sum(len(answer.output.encode()) for answer in answers)
        if self._told_bytes > LARGEST_TOLD:
            message = f"the tools answered more than {LARGEST_TOLD:,} bytes in one attempt"
            raise AttemptFailed(message, code="tool_output_too_large", retry=False)
        return answers

    def _note(self, facts: Sequence[ToolReturned]) -> None:
        """Ends the attempt of a model whose calls do nothing but fail.

        One that was lost tells nothing of its tool.
        """
        for fact in facts:
            if not _is_lost(fact):
                self._failing = self._failing + 1 if fact.outcome == "error" else 0
        if self._failing >= MOST_FAILING:
            last = facts[-1]
            why = last.error.message if last.error else "it failed"
            message = f"{self._failing} calls of tools failed in a row, the last of {last.tool}"
            raise AttemptFailed(f"{message}: {why}"[:1_000], code="tool_failing", retry=False)

    async def _answered(self, turn: int, index: int, call: ToolCall) -> ToolReturned:
        if (known := self._returned.get((turn, index))) is not None:
            return known
        one = OneCall(self._assignment, self._equipment, turn, index, call)
        if index >= MOST_A_TURN:
            message = f"expected at most {MOST_A_TURN} calls in a turn, came more: ask again"
            return await one.returned(failed("too_many_calls", message))
        async with self._places:
            offered = self._offered.get(call.tool)
            if offered is None:
                return await one.returned(failed("unknown_tool", self._unknown(call.tool)))
            begun = [fact for fact in self._called if _place(fact) == (turn, index)]
            return await one.made(offered, begun)

    def _unknown(self, tool: str) -> str:
        names = ", ".join(islice(self._offered, MOST_NAMED))
        more = len(self._offered) - MOST_NAMED
        others = f" and {more} others" if more > 0 else ""
        return f"expected one of the tools {names}{others}, got {tool[:100]!r}"

    async def _answer(self, fact: ToolReturned) -> ToolAnswer:
        output = await fetched(self._equipment.store, fact.workspace, fact.run, fact.output)
        return ToolAnswer(fact.call_id, output, is_error=fact.outcome != "ok")


class OneCall:
    """One call of a turn."""

    def __init__(
        self, assignment: Assignment, equipment: Equipment, turn: int, index: int, call: ToolCall
    ) -> None:
        self._assignment = assignment
        self._equipment = equipment
        self._turn = turn
        self._index = index
        self._call = call
        self._kind = "unknown"

    @property
    def _execution(self) -> Execution:
        return self._assignment.execution

    async def made(self, offered: Offered, begun: Sequence[ToolCalled]) -> ToolReturned:
        """What the call ends in, made unless it was `begun` and may not be made again."""
        self._kind = offered.tool.kind
        if begun and (lost := _lost(offered, len(begun))) is not None:
            return await self.returned(lost)
        arguments = await self._arguments(offered)
        if isinstance(arguments, ToolResult):
            return await self.returned(arguments)
        ready = self._execution.ready
        occasion = Occasion(
            workspace=ready.workspace,
            run=ready.run,
            node=ready.node,
            attempt=ready.attempt,
            idempotency_key=self._key,
        )
        call = await prepared(self._equipment.callers, offered, occasion)
        if isinstance(call, ToolResult):
            return await self.returned(call)
        await self._begin(offered, begun)
        if offered.on_lost == "retry":
            return await self.returned(await call(arguments))
        return await self._made_once(call, arguments)

    async def returned(self, result: ToolResult) -> ToolReturned:
        """What the log has of how the call ended: this, or what came first."""
        store, output = self._equipment.store, result.output
        body = output.encode()
        error = result.error and ToolFault(code=result.error.code, message=result.error.message)
        fact = ToolReturned(
            **executed(self._execution.ready, self._assignment.number),
            turn=self._turn,
            index=self._index,
            tool=self._call.tool[:200],
            call_id=self._call.id,
            outcome=result.outcome,
            output=await kept(store, self._execution, body, output, OPAQUE_BYTES),
            error=error,
            seconds=round(result.seconds, 3),
            cut=result.cut,
        )
        first = await first_recorded(store, fact)
        if first is fact:
            self._note(fact)
        return first

    def _note(self, fact: ToolReturned) -> None:
        """Count the call, and log that it failed: without what the model and the tool said."""
        signals.tool_returned(self._kind, fact.outcome, fact.seconds)
        if fact.outcome != "ok":
            code = fact.error.code if fact.error else fact.outcome
            # The name of a tool that nobody offered is the model's.
            tool = "" if self._kind == "unknown" else fact.tool
            named = {"run": fact.run, "step": fact.step, "tool": tool, "kind": self._kind}
            log.info("tool.failed", **named, code=code)

    @property
    def _key(self) -> str:
        ready = self._execution.ready
        parts = (ready.run, ready.step, ready.attempt, self._turn, self._index)
        return ".".join(map(str, parts))

    async def _arguments(self, offered: Offered) -> dict[str, JSON] | ToolResult:
        """The arguments, which fit the schema, or why the tool is not called."""
        text, ready = self._call.input, self._execution.ready
        size = len(text.encode())
        if size > LARGEST_INPUT_BYTES:
            message = f"expected arguments of at most {LARGEST_INPUT_BYTES:,} bytes, got {size:,}"
            return failed("bad_arguments", message)
        whose = (ready.workspace, ready.run)
        return await fitting_arguments(self._equipment.checkers, offered, text, whose)

    async def _begin(self, offered: Offered, begun: Sequence[ToolCalled]) -> None:
        """The call counts as begun from here on, after those that `begun` it before.

        Raises: Beside.
        """
        store, text = self._equipment.store, self._call.input
        fact = ToolCalled(
            **executed(self._execution.ready, self._assignment.number),
            turn=self._turn,
            index=self._index,
            tool=self._call.tool,
            call_id=self._call.id,
            input=await kept(store, self._execution, text.encode(), text, OPAQUE_BYTES),
            idempotency_key=self._key,
        )
        stored = await append(store, fact)
        if offered.on_lost != "retry":
            sequence = stored.sequence if isinstance(stored, Appended) else None
            await self._require_first(fact, sequence, {each.execution for each in begun})

    async def _require_first(self, own: ToolCalled, sequence: int | None, known: set[int]) -> None:
        """No execution but those `known` has begun the call before. Raises: Beside."""
        store, key = self._equipment.store, StepKey(own.step, own.attempt)
        fresh = sequence or await store.last_sequence(own.workspace, own.run)
        rests = [key.called(self._turn, self._index)]
        found = await store.select(address_of(own), rests, at_least=fresh)
        for entry in found.entries:  # in the order in which they were stored
            rest = tool_rest(entry.rest)
            assert rest is not None
            if rest.execution == own.execution:
                return
            if rest.execution not in known:
                raise Beside

    async def _made_once(self, call: Call, arguments: Mapping[str, JSON]) -> ToolReturned:
        """A worker that is told to hand the step back waits for a call that may not be repeated."""
        execution = self._execution
        execution.unrepeatable += 1
        making = asyncio.ensure_future(call(arguments))
        try:
            result = await asyncio.shield(making)
        except asyncio.CancelledError:
            if execution.interrupt.reason == "released":
                await self.returned(await making)
            making.cancel()
            await asyncio.wait({making})
            raise
        finally:
            execution.unrepeatable -= 1
        return await self.returned(result)


def _place(fact: ToolCalled | ToolReturned) -> tuple[int, int]:
    return fact.turn, fact.index


def _is_lost(fact: ToolReturned) -> bool:
    return fact.outcome == "unknown" or (fact.error is not None and fact.error.code == TOOL_LOST)


def _lost(offered: Offered, times: int) -> ToolResult | None:
    """What becomes of a call that was lost so often; None if it is to be made again.

    Raises: AttemptFailed.
    """
    if offered.on_lost == "fail":
        message = f"a call of {offered.name} was begun and lost: whether it was done is not known"
        raise AttemptFailed(message, code=TOOL_LOST, retry=False)
    if times >= MOST_LOST:
        message = f"the call was begun {times} times, and lost each time"
        return failed(TOOL_LOST, message)
    return None if offered.on_lost == "retry" else ToolResult(outcome="unknown", output=UNKNOWN)
