"""Facts as updates: what a client of the pipeline stream hears of a run. Pure.

    run.started      status           a fresh reader of a run under way hears its status now
    step.started     step_start       again for every attempt and execution: the text begins anew
    step.delta       text_delta
    step.tool        tool_use, tool_result
    step.completed   step_complete
    run.completed    pipeline_complete
    run.failed, run.cancelled         error

Only agents count as steps: `stepIndex` is the place among them, in order. An execution that goes
on behind finished turns is told their text again, so that text after a step_start is always whole.
Its two updates have ids of their own, the one before its fact's and the fact's: whoever is cut
between them hears both again.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import pydantic_core

from services.api.http.answers import pieces_of
from shared.flow import AgentWork, Flow
from shared.run import RunStatus
from shared.run import facts as f
from shared.run.content import Content

STATUSES: Mapping[RunStatus, str] = {
    "pending": "pending",
    "running": "running",
    "waiting": "running",
    "cancelling": "running",
    "failing": "running",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "failed",
}
TOOL_TYPES = {"call": "tool_use", "result": "tool_result", "error": "tool_result"}

Fact: TypeAlias = f.Lifecycle | f.Stream


@dataclass(frozen=True, slots=True)
class Turns:
    """The text of the turns an attempt had finished before a place in the log."""

    step: int
    attempt: int
    before: int


@dataclass(frozen=True, slots=True)
class Result:
    """The result of the completed run, and what the run used."""


@dataclass(frozen=True, slots=True)
class Update:
    """What a client hears under the id `sequence`; `later` is text that has yet to be read."""

    sequence: int
    told: Mapping[str, object]
    later: Content | Turns | Result | None = None


@dataclass(slots=True)
class _Agent:
    """One agent's step: its place among the agents, and the latest execution heard of."""

    index: int
    name: str
    latest: tuple[int, int] = (0, 0)
    turns: int = 0
    done: bool = False


@dataclass(slots=True)
class Updates:
    """Tells the facts of one run in their order.

    `status` is what a fresh reader is told first, `unstarted` that this was before any start.
    """

    flow: Flow
    status: str | None = None
    unstarted: bool = False
    _agents: dict[int, _Agent] = field(init=False)

    def __post_init__(self) -> None:
        steps = [step for step in self.flow.steps if isinstance(step.work, AgentWork)]
        self._agents = {
            step.number: _Agent(index, name_of(step.work.name, step.node))
            for index, step in enumerate(steps)
            if isinstance(step.work, AgentWork)
        }

    def after(self, sequence: int, fact: Fact) -> Iterator[Update]:
        """What the fact at this sequence has to be told as, if anything."""
        if isinstance(fact, f.StepFact):
            agent = self._agents.get(fact.step)
            if agent is not None:
                yield from _of_step(agent, sequence, fact)
        else:
            yield from self._of_run(sequence, fact)

    def _of_run(self, sequence: int, fact: Fact) -> Iterator[Update]:
        match fact:
            case f.RunRequested() if self.unstarted:
                yield Update(sequence, {"type": "status", "status": self.status})
            case f.RunStarted():
                yield Update(sequence, {"type": "status", "status": self.status or "running"})
            case f.RunCompleted():
                yield Update(sequence, {"type": "pipeline_complete"}, Result())
            case f.RunFailed(error=error):
                agent = self._agents.get(error.step) if error.step is not None else None
                where = {"stepIndex": agent.index} if agent else {}
                yield Update(sequence, {"type": "error", "message": error.message, **where})
            case f.RunCancelled():
                yield Update(sequence, {"type": "error", "message": "The run was cancelled."})


def name_of(name: str | None, node: str) -> str:
    """What an agent is called: its name, or else its node."""
    return name or node


def _of_step(agent: _Agent, sequence: int, fact: f.StepFact) -> Iterator[Update]:
    told: dict[str, object] = {"stepIndex": agent.index}
    match fact:
        case f.StepStarted():
            yield from _begun(agent, sequence, fact)
        case f.StepTurn():
            agent.turns += fact.attempt == agent.latest[0]
        case f.StepDelta() if _is_current(agent, fact):
            yield Update(sequence, {"type": "text_delta", **told, "text": fact.text})
        case f.StepTool() if _is_current(agent, fact):
            told["tool"] = fact.tool
            yield Update(sequence, {"type": TOOL_TYPES[fact.phase], **told})
        case f.StepCompleted():
            agent.done = True
            yield Update(sequence, {"type": "step_complete", **told}, fact.output or "")
        case f.StepFailed() | f.StepCancelled():
            agent.latest, agent.turns = (fact.attempt + 1, 0), 0


def _begun(agent: _Agent, sequence: int, fact: f.StepStarted) -> Iterator[Update]:
    began = (fact.attempt, fact.execution)
    if agent.done or began <= agent.latest:
        return
    agent.latest = began
    told = {"type": "step_start", "stepIndex": agent.index, "agentName": agent.name}
    if not agent.turns:
        yield Update(sequence, told)
        return
    yield Update(sequence - 1, told)
    text: dict[str, object] = {"type": "text_delta", "stepIndex": agent.index}
    yield Update(sequence, text, Turns(fact.step, fact.attempt, sequence))


def _is_current(agent: _Agent, fact: f.ExecutionFact) -> bool:
    return not agent.done and (fact.attempt, fact.execution) == agent.latest


def frame(update: Update, more: Mapping[str, object]) -> bytes:
    """The update on the wire, with what was read for it; a text in parts is a tuple of them."""
    start = b"id: %d\nevent: update\ndata: {" % update.sequence
    written: list[bytes] = []
    for name, value in {**update.told, **more}.items():
        written += (b",", pydantic_core.to_json(name), b":", *_written(value))
    return b"".join([start, *written[1:], b"}\n\n"])


def _written(value: object) -> Iterator[bytes]:
    if not isinstance(value, tuple):
        yield pydantic_core.to_json(value)
        return
    # In pieces: one text of many MiB is not escaped in a moment.
    decoder = getincrementaldecoder("utf-8")()
    yield b'"'
    for piece in pieces_of(value):
        yield pydantic_core.to_json(decoder.decode(piece))[1:-1]
    yield b'"'
