"""What a model provider is to a worker, and the events every provider's answer is made of."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeAlias

from shared.flow import AgentWork
from shared.models import ModelName
from shared.run.content import Cause, Citation, CitationAt, ToolDetail, Usage

BlockPhase: TypeAlias = Literal["thinking", "writing", "tool"]


class ToolSpec(NamedTuple):
    """A tool that the worker calls, as the model is told of it."""

    name: str
    description: str
    input_schema: Mapping[str, object]


class ToolCall(NamedTuple):
    """A call that a turn asks for: the provider's name of it, and the JSON of its arguments."""

    id: str
    tool: str
    input: str


class ToolAnswer(NamedTuple):
    """What the model is told of a call."""

    call: str
    output: str
    is_error: bool = False


class Said(NamedTuple):
    """A turn so far: its content, the provider's own, what came of the calls it asked for, and the
    text that was said `then`, if any."""

    content: str
    then: str | None = None
    answers: tuple[ToolAnswer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the model is asked; `said` are the turns so far, `tools` those that the worker calls."""

    asked: ModelName
    max_tokens: int
    system: str
    prompt: str
    work: AgentWork
    said: Sequence[Said] = ()
    tools: Sequence[ToolSpec] = ()

    @property
    def model(self) -> str:
        """The model as its provider knows it."""
        return self.asked.model

    @property
    def whole(self) -> str:
        """The model as flows and facts have it."""
        return self.asked.whole


class Sign(NamedTuple):
    """An event without content: a ping, or one of a kind nobody knows here."""


class Begun(NamedTuple):
    """The provider answers, by this model."""

    model: str


class Opened(NamedTuple):
    """A block of content begins: what the model does from now on."""

    phase: BlockPhase


class Text(NamedTuple):
    """A piece of the answer."""

    text: str


class Thought(NamedTuple):
    """A piece of the model's thinking."""

    text: str


class ToolInput(NamedTuple):
    """A piece of what a tool is given, so many characters of it."""

    size: int


class Tool(NamedTuple):
    """A tool was called, answered or failed."""

    phase: Literal["call", "result", "error"]
    tool: str
    call: str
    detail: ToolDetail


class Cited(NamedTuple):
    """The model names a source for what it said."""

    citation: Citation


class Used(NamedTuple):
    """What the turn has used until now, all told."""

    usage: Usage


class Ended(NamedTuple):
    """The turn is over: why, and all its content as the provider wants it sent back (JSON)."""

    stop_reason: str
    stop_detail: str | None
    content: str


Event: TypeAlias = Sign | Begun | Opened | Text | Thought | ToolInput | Tool | Cited | Used | Ended
SIGN = Sign()


class Provider(Protocol):
    """Asks one kind of model for one turn at a time."""

    @property
    def name(self) -> str:
        """What facts call it."""
        ...

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """All that a call may raise."""
        ...

    def with_key(self, key: str | None) -> Provider:
        """The same provider over the same connections, asked by this key; None where none is."""
        ...

    def refused_seconds(self, model: str) -> float:
        """How long it would refuse this model, by this key, as far as is known; 0 if not."""
        ...

    def stream(self, request: Request) -> AsyncGenerator[Sequence[Event], None]:
        """The events of each piece that comes over the wire, in order; none if it ends no event.

        The last event is Ended; nothing behind it is waited for. Raises: `errors`.
        """
        ...

    def calls_in(self, content: str) -> Sequence[ToolCall]:
        """The calls of the worker's tools that a turn asks for. Raises: Corrupt."""
        ...

    def citations_in(self, content: str, text: str) -> Sequence[CitationAt]:
        """The sources that a turn names, each by its place in `text`, which is what the turn says.

        Raises: Corrupt.
        """
        ...

    def classify(self, error: BaseException, *, attempt: int) -> Cause:
        """Why attempt number `attempt` failed; `error` is one of `errors`."""
        ...

    async def close(self) -> None:
        """Leaves no connection open."""
        ...
