"""Facts as updates: what a client of the pipeline stream hears of a run. Pure.

    run.started      status           a fresh reader of a run under way hears its status now
    step.started     step_start       again for every attempt and execution: the text begins anew
    step.delta       text_delta
    step.tool        tool_use, tool_result
    tool.called      tool_use            once an execution
    tool.returned    tool_result         behind a tool_use, which it brings if there was none
    step.completed   step_complete
    run.completed    pipeline_complete
    run.failed, run.cancelled         error

Only agents count as steps: `stepIndex` is the place among them, in order. An execution that goes
on behind finished turns is told their text again, so that text after a step_start is always whole.
Of a fact's two updates the first has the id before its own: whoever is cut between them hears both
again.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pydantic_core

from services.api.http.answers import pieces_of
from shared.flow import AgentWork, Flow
from shared.run import RunStatus
from shared.run import facts as f
from shared.run.content import Content
from shared.run.meaning import by_type

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
WORDS: Mapping[str, str] = {"no_provider_key": "API key not configured"}
"""Causes that these clients know by words of their own."""
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
    """One agent's step: its place among the agents, and the latest execution heard of.

    `calls` are those of tools that were told since it began, by turn and place.
    """

    index: int
    name: str
    latest: tuple[int, int] = (0, 0)
    turns: int = 0
    done: bool = False
    calls: dict[tuple[int, int], str] = field(default_factory=dict)


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
        rule = _RULES.get(type(fact))
        return iter(()) if rule is None else rule(self, sequence, fact)

    def agent(self, step: int | None) -> _Agent | None:
        """The agent's step of this number; None for other steps."""
        return None if step is None else self._agents.get(step)


def _requested(updates: Updates, sequence: int, fact: f.RunRequested) -> Iterator[Update]:
    if updates.unstarted:
        yield Update(sequence, {"type": "status", "status": updates.status})


def _run_started(updates: Updates, sequence: int, fact: f.RunStarted) -> Iterator[Update]:
    yield Update(sequence, {"type": "status", "status": updates.status or "running"})


def _run_completed(updates: Updates, sequence: int, fact: f.RunCompleted) -> Iterator[Update]:
    yield Update(sequence, {"type": "pipeline_complete"}, Result())


def _run_failed(updates: Updates, sequence: int, fact: f.RunFailed) -> Iterator[Update]:
    agent = updates.agent(fact.error.step)
    where = {"stepIndex": agent.index} if agent else {}
    message = WORDS.get(fact.error.code, fact.error.message)
    yield Update(sequence, {"type": "error", "message": message, **where})


def _run_cancelled(updates: Updates, sequence: int, fact: f.RunCancelled) -> Iterator[Update]:
    yield Update(sequence, {"type": "error", "message": "The run was cancelled."})


def name_of(name: str | None, node: str) -> str:
    """What an agent is called: its name, or else its node."""
    return name or node


def _of_agent(rule: Callable[[_Agent, int, Any], Iterator[Update]]) -> _Rule:
    """The rule for facts of a step, which are told of agents alone."""

    def told(updates: Updates, sequence: int, fact: f.StepFact) -> Iterator[Update]:
        agent = updates.agent(fact.step)
        return iter(()) if agent is None else rule(agent, sequence, fact)

    return told


def _turn(agent: _Agent, sequence: int, fact: f.StepTurn) -> Iterator[Update]:
    agent.turns += fact.attempt == agent.latest[0]
    yield from ()


def _delta(agent: _Agent, sequence: int, fact: f.StepDelta) -> Iterator[Update]:
    if _is_current(agent, fact):
        told = {"type": "text_delta", "stepIndex": agent.index, "text": fact.text}
        yield Update(sequence, told)


def _tool(agent: _Agent, sequence: int, fact: f.StepTool) -> Iterator[Update]:
    if _is_current(agent, fact):
        told = {"type": TOOL_TYPES[fact.phase], "stepIndex": agent.index, "tool": fact.tool}
        yield Update(sequence, told)


def _called(agent: _Agent, sequence: int, fact: f.ToolCalled) -> Iterator[Update]:
    place = fact.turn, fact.index
    if _is_current(agent, fact) and place not in agent.calls:
        agent.calls[place] = "tool_use"
        yield Update(sequence, _told_of(agent, "tool_use", fact))


def _returned(agent: _Agent, sequence: int, fact: f.ToolReturned) -> Iterator[Update]:
    """What came of a call counts whichever execution tells it: the model is told the same."""
    place = fact.turn, fact.index
    told = agent.calls.get(place)
    if agent.done or fact.attempt != agent.latest[0] or told == "tool_result":
        return
    agent.calls[place] = "tool_result"
    if told is None:
        yield Update(sequence - 1, _told_of(agent, "tool_use", fact))
    yield Update(sequence, _told_of(agent, "tool_result", fact))


def _told_of(agent: _Agent, kind: str, fact: f.ToolCalled | f.ToolReturned) -> Mapping[str, object]:
    return {"type": kind, "stepIndex": agent.index, "tool": fact.tool}


def _completed(agent: _Agent, sequence: int, fact: f.StepCompleted) -> Iterator[Update]:
    agent.done = True
    told = {"type": "step_complete", "stepIndex": agent.index}
    yield Update(sequence, told, fact.output or "")


def _failed(agent: _Agent, sequence: int, fact: f.StepFailed | f.StepCancelled) -> Iterator[Update]:
    agent.latest, agent.turns = (fact.attempt + 1, 0), 0
    agent.calls.clear()
    yield from ()


def _begun(agent: _Agent, sequence: int, fact: f.StepStarted) -> Iterator[Update]:
    began = (fact.attempt, fact.execution)
    if agent.done or began <= agent.latest:
        return
    agent.latest = began
    agent.calls.clear()
    told = {"type": "step_start", "stepIndex": agent.index, "agentName": agent.name}
    if not agent.turns:
        yield Update(sequence, told)
        return
    yield Update(sequence - 1, told)
    text: dict[str, object] = {"type": "text_delta", "stepIndex": agent.index}
    yield Update(sequence, text, Turns(fact.step, fact.attempt, sequence))


def _is_current(agent: _Agent, fact: f.ExecutionFact) -> bool:
    return not agent.done and (fact.attempt, fact.execution) == agent.latest


_Rule: TypeAlias = Callable[[Updates, int, Any], Iterator[Update]]
_RULES: dict[type[f.RunFact], _Rule] = by_type(
    "updates",
    {
        f.RunRequested: _requested,
        f.RunStarted: _run_started,
        f.RunCompleted: _run_completed,
        f.RunFailed: _run_failed,
        f.RunCancelled: _run_cancelled,
        f.StepStarted: _of_agent(_begun),
        f.StepTurn: _of_agent(_turn),
        f.StepDelta: _of_agent(_delta),
        f.StepTool: _of_agent(_tool),
        f.ToolCalled: _of_agent(_called),
        f.ToolReturned: _of_agent(_returned),
        f.StepCompleted: _of_agent(_completed),
        f.StepFailed: _of_agent(_failed),
        f.StepCancelled: _of_agent(_failed),
    },
)


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
