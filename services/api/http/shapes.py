"""What calls answer, as shapes: for the description, and to hold real answers against it."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.api.http.bodies import AgentBody, FlowJson


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", protected_namespaces=())


S = TypeVar("S", bound=BaseModel)


class LargeText(Shape):
    """A text over 64 KiB: its hash (empty for several joined), its size, where to read it."""

    blob: str
    size_bytes: int
    url: str


Text = str | LargeText


class FlowProblem(Shape):
    """One thing to change in a flow: a stable code, a sentence, the ids of the nodes concerned."""

    code: str
    message: str
    nodes: list[str]


class Spot(FlowProblem):
    """One thing to change in a request: where, what was expected, what was found."""

    path: str = ""
    expected: str = ""
    found: str = ""


class Problem(BaseModel):
    """What was wrong (RFC 9457). `code` is stable; some codes have members of their own."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    problems: list[Spot] = []


class Page(Shape, Generic[S]):
    """One page; `next_cursor` leads to the next, null ends the list."""

    items: list[S]
    next_cursor: str | None


class AgentShape(AgentBody):
    """An agent; what was not set is left out."""

    id: UUID
    created_at: datetime
    updated_at: datetime


class Listed(Shape):
    """A pipeline without its flow; one with problems cannot run."""

    id: UUID
    name: str
    version: str
    revision: int
    problems: list[FlowProblem]
    created_at: datetime
    updated_at: datetime


class PipelineShape(Listed):
    """A pipeline: `version` is the hash of its flow's content, `revision` counts its saves."""

    flow: FlowJson


class AgentPage(Page[AgentShape]):
    """Agents, newest first."""


class PipelinePage(Page[Listed]):
    """Pipelines, newest first, without their flows."""


class VersionShape(Shape):
    """A version a pipeline has, or had."""

    version: str
    created_at: datetime


class VersionPage(Page[VersionShape]):
    """Versions, newest first."""


class Validation(Shape):
    """What is wrong with a flow, and the nodes in the order of their steps."""

    problems: list[FlowProblem]
    order: list[str]
    version: str | None = None


class IdentityShape(Shape):
    """Whose token it is, and what it may do."""

    workspace: str
    name: str
    role: Literal["viewer", "member", "admin"]


class Alive(Shape):
    """The process answers."""

    status: Literal["alive"]


class Readiness(Shape):
    """Whether the service can serve, and what it waits for."""

    status: Literal["ready", "unready"]
    reasons: dict[str, str]
