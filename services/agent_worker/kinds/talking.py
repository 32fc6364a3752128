"""The turns of one execution: read back, asked for, recorded, and what is done between them."""

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from services.agent_worker.checkers import Fits, Unchecked
from services.agent_worker.deltas import Deltas
from services.agent_worker.identity import attempted
from services.agent_worker.kinds.calling import Calling
from services.agent_worker.kinds.kind import Assignment, Equipment
from services.agent_worker.model.cited import sourced
from services.agent_worker.model.conversation import Conversation
from services.agent_worker.model.progress import Progress
from services.agent_worker.model.turn import CALLS, Turn, outcome_of, text_of, turn_of
from services.agent_worker.model.typed import mending, unfit
from services.agent_worker.outcome import Failure, Output
from services.agent_worker.providers.causes import RATE_LIMITED
from services.agent_worker.recording import OPAQUE_BYTES, fetched, first_recorded, kept
from shared.flow import AgentWork
from shared.flow.defaults import MOST_TURNS
from shared.run.content import Cause
from shared.run.facts import StepTurn
from shared.tools.offered import Offered


class Talking:
    """One execution's turns: read back, asked for, recorded."""

    def __init__(
        self,
        assignment: Assignment,
        equipment: Equipment,
        offered: Sequence[Offered],
        deltas: Deltas,
        talk: Conversation,
    ) -> None:
        self._assignment = assignment
        self._ready = assignment.execution.ready
        self._store = equipment.store
        self._checkers = equipment.checkers
        work = assignment.step.work
        assert isinstance(work, AgentWork)
        self._schema = work.output_schema
        self._most_turns = work.max_turns or MOST_TURNS
        self._calling = Calling(assignment, equipment, offered) if offered else None
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
        return sourced(outcome, talk.citations()) if isinstance(outcome, Output) else outcome

    async def _judged(self) -> Output | Failure | None:
        """How the attempt ends after the turns so far; None if the model is to be asked again."""
        has_tools, turns = self._calling is not None, self._talk.turns
        outcome = outcome_of(turns, self._most_turns, has_tools=has_tools)
        if outcome is None and turns and turns[-1].stop_reason == CALLS:
            return await self._called()
        if self._schema is not None and isinstance(outcome, Output):
            return await self._checked(self._schema, outcome)
        return outcome

    async def _called(self) -> Failure | None:
        """The calls that the last turn asks for are made, or read back, and told."""
        talk, calls = self._talk, self._talk.calls()
        assert self._calling is not None
        if not calls:
            message = "the model stopped to call a tool, and called none"
            cause = Cause(code="unexpected_tool_use", message=message)
            return Failure(cause=cause, usage=talk.usage, model=talk.model)
        with closing(Progress(self._deltas, "tool")):
            talk.answer(await self._calling.answers(len(talk.turns), calls))
        return None

    async def _checked(
        self, schema: Mapping[str, object], outcome: Output
    ) -> Output | Failure | None:
        """The answer, if it fits the schema.

        What is said to one that does not follows from its text alone: an execution after this one
        says the same.
        """
        talk = self._talk
        ready = self._ready
        whose, text = (ready.workspace, ready.run), talk.turns[-1].text
        found = await self._checkers.check(schema, text, whose)
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
        first = await first_recorded(self._store, fact)
        return turn if first is fact else await self._read(first)

    async def _read(self, fact: StepTurn) -> Turn:
        whose = (self._store, fact.workspace, fact.run)
        text = None if fact.text is None else await fetched(*whose, fact.text)
        return turn_of(fact, text, await fetched(*whose, fact.content))


def _is_limit(cause: Cause) -> bool:
    """The provider's limit is reached, and it said until when."""
    is_limit = cause.code == RATE_LIMITED and cause.retryable
    return is_limit and cause.retry_after_seconds is not None
