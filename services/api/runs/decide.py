"""`POST /runs/{id}/steps/{n}/decision`: a person's answer to an approval, recorded once.

The first answer is recorded, and every later one is told whose it was. Against the timeout, a
cancel and the run's end the log's order decides: what it has before the answer makes it void.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID, uuid4

from pydantic import Field
from starlette.requests import Request

from services.api.definitions.flows import Flows
from services.api.history.run_history import RunHistory
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.models import LATER, RUN_ID, Body, Shape
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.http.problems import (
    AlreadyDecided,
    ApprovalTimedOut,
    Refused,
    RunFinished,
    RunStopping,
    StepNotWaiting,
)
from services.api.identity.identity import identity_of
from services.api.runs.approvers import NotAnApprover, require_approver
from services.api.runs.links import RUN
from services.api.runs.read import step_of
from shared.errors import Unavailable
from shared.flow import JSON, Step
from shared.log.entries import fact_of
from shared.log.port import AlreadyRecorded, Log
from shared.log.subjects import CANCEL, DEADLINE, FINISHED, STOPPING, Address, StepKey
from shared.run import Recorded
from shared.run import facts as f

ATTEMPT = 1  # a question is asked once
NOT_NOW = (AlreadyDecided, ApprovalTimedOut, RunFinished, RunStopping, StepNotWaiting)
STOPS = (CANCEL, DEADLINE, STOPPING)

CALLS = Calls("Runs")
_DECISION: dict[str, JSON] = {"decision": "approve", "comment": "Lovely heron."}


class DecisionBody(Body):
    """A person's answer to an approval."""

    EXAMPLE: ClassVar[JSON] = _DECISION

    decision: Literal["approve", "reject"]
    comment: str | None = Field(default=None, max_length=10_000)


class Decided(Shape):
    """A decision as the log has it."""

    EXAMPLE: ClassVar[JSON] = {
        **_DECISION,
        "run_id": RUN_ID,
        "step": 2,
        "node": "publish?",
        "decided_by": "settings",
        "decided_at": LATER,
    }

    run_id: UUID
    step: int
    node: str
    decision: Literal["approve", "reject"]
    comment: str | None
    decided_by: str | None
    decided_at: datetime


@CALLS.post(
    f"{RUN}/steps/{{n}}/decision",
    "Decide an approval",
    answers=(Described(200, "The log has it", Decided),),
    refusals=(*NOT_NOW, NotAnApprover),
)
async def decide(request: Request, body: DecisionBody) -> Answer[Decided]:
    """Answers the question of an approval that waits for a person.

    200 once the log has it. The first decision counts: a later one is told whose it was, and one
    that came too late that time, or a cancel, was first. Where the node names `approvers`, these
    alone decide: users by their sessions, and tokens by their role.
    """
    who, run = identity_of(request), id_of(request, "run_id", "run")
    question = await asked(request, who.workspace, run, request.path_params["n"])
    require_approver(who, question.step)
    return Answer(await question.decide(body, Author(who.name, actor=who.actor)))


@dataclass(frozen=True, slots=True)
class Author:
    """Who decides, and the link it is done by, if it is."""

    name: str
    link: str | None = None
    actor: str | None = None


async def asked(request: Request, workspace: str, run: str, step_number: str) -> Question:
    """The question of a step, as it stands. Raises: NotFound; Refused, where nobody may decide."""
    records = part(request, RunHistory)
    begun = await records.requested(workspace, run)
    requested = fact_of(begun, f.RunRequested)
    step = step_of(await part(request, Flows).version(requested.flow), step_number)
    question = Question(part(request, Log), records, begun.address, step)
    if refusal := refusal_of(step, await question.facts()):
        raise refusal
    return question


def refusal_of(step: Step, recorded: Sequence[Recorded]) -> Refused | None:
    """Why these facts, in order, let nobody decide any more, or not yet; None if one may."""
    for each in recorded:
        match each.fact:
            case f.StepDecided() as first:
                return _already(first, each)
            case f.StepDue():
                return ApprovalTimedOut(
                    f"Nobody decided on {step.node!r} in time: its timeout was recorded at "
                    f"{each.time.isoformat()}.",
                    timed_out_at=each.time.isoformat(),
                )
            case f.RunCancelRequested() | f.RunDeadlineReached() | f.RunStopping():
                stopping = RunStopping("The run is stopping: nothing is decided in it any more.")
                return _finished(recorded) or stopping
    if finished := _finished(recorded):
        return finished
    if any(isinstance(each.fact, f.StepWaiting) for each in recorded):
        return None
    expected = "has not asked yet" if step.kind == "approval" else f"is of kind {step.kind}"
    return StepNotWaiting(
        f"expected an approval that waits for a person, step {step.number} {expected}."
    )


def _finished(recorded: Sequence[Recorded]) -> RunFinished | None:
    for each in recorded:
        if isinstance(each.fact, f.RunCompleted | f.RunFailed | f.RunCancelled):
            status = each.fact.type.removeprefix("run.")
            detail = f"The run is over: it is {status}, nothing is decided in it any more."
            return RunFinished(detail, run_status=status)
    return None


def _already(first: f.StepDecided, recorded: Recorded) -> AlreadyDecided:
    who, when = first.decided_by, recorded.time.isoformat()
    refusal = AlreadyDecided(
        f"{who or 'Somebody'} was first: {first.decision}, at {when}.",
        decision=first.decision,
        comment=first.comment,
        decided_by=who,
        decided_at=when,
    )
    refusal.link = first.link
    return refusal


class Question:
    """One approval of one run, as the log has it."""

    def __init__(self, log: Log, records: RunHistory, address: Address, step: Step) -> None:
        self._log = log
        self._records = records
        self._address = address
        self.step = step
        own = StepKey(step.number, ATTEMPT)
        self._rests = (*STOPS, FINISHED, own.waiting(), own.decided(), own.due("approval"))

    async def facts(self, at_least: int = 0) -> list[Recorded]:
        """All that bears on the question, in order. Raises: NotFound, Unavailable."""
        entries = await self._records.select(self._address, self._rests, at_least=at_least)
        return [entry.recorded() for entry in entries]

    async def decide(self, body: DecisionBody, author: Author) -> Decided:
        """The answer as the log has it. Raises: Refused, where something was before it."""
        decided = self._answered(body, author)
        recorded = await self._record(decided)
        return Decided(
            run_id=UUID(decided.run),
            step=decided.step,
            node=decided.node,
            decision=decided.decision,
            comment=decided.comment,
            decided_by=decided.decided_by,
            decided_at=recorded.time,
        )

    def _answered(self, body: DecisionBody, author: Author) -> f.StepDecided:
        return f.StepDecided(
            workspace=self._address.workspace,
            run=self._address.run,
            partition=self._address.partition,
            step=self.step.number,
            node=self.step.node,
            attempt=ATTEMPT,
            decision=body.decision,
            comment=body.comment,
            decided_by=author.name,
            actor=author.actor,
            request=uuid4().hex,
            link=author.link,
        )

    async def _record(self, decided: f.StepDecided) -> Recorded:
        """The answer as recorded. Raises: Refused, where something was recorded before it.

        An append that had to be asked for again may find itself recorded already.
        """
        answer = await self._log.append(decided)
        at_least = (
            await self._log.last_sequence(decided.workspace, decided.run)
            if isinstance(answer, AlreadyRecorded)
            else answer.sequence
        )
        before: list[Recorded] = []
        for each in await self.facts(at_least):
            fact = each.fact
            if isinstance(fact, f.StepDecided) and fact.request == decided.request:
                if refusal := refusal_of(self.step, before):
                    raise refusal
                return each
            before.append(each)
        raise refusal_of(self.step, before) or Unavailable(
            "the answer was recorded and not found again; ask how the step stands"
        )
