"""Calls: one function each, and what is told of it.

    AGENTS = Calls("Agents")

    @AGENTS.post("/api/v1/agents", "Create an agent", answers=(Made(201, "The agent", Agent),))
    async def create_agent(request: Request, body: AgentBody) -> Answer[Agent]:
        '''What callers read of it.'''

What a call takes stands in its signature: `body`, `query` and `headers` are models, read before
the function is called. Its docstring is its description. `/openapi.json` is made from the calls.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypedDict, TypeVar, Unpack, get_args, get_type_hints

from pydantic import BaseModel, TypeAdapter
from starlette.responses import Response

from services.api.http.answers import JSON_TYPE, Reply
from services.api.http.bodies import BODY_BYTES
from services.api.http.models import Problem
from services.api.http.problems import MEDIA_TYPE, ProblemAnswer
from shared.errors import PenstockError

# Whom a call is for: those of a role at least; `ticket` for who may read, or has a ticket in place
# of a token; `self` for all that are known, whatever the workspace; `instance` for who runs the
# installation.
Access: TypeAlias = Literal["open", "ticket", "self", "viewer", "member", "admin", "instance"]
_USUAL: Mapping[str, Access] = {
    "GET": "viewer",
    "POST": "member",
    "PUT": "member",
    "DELETE": "admin",
}
Handler: TypeAlias = Callable[..., Awaitable[Reply]]
H = TypeVar("H", bound=Handler)

# What a handler may name in its signature besides the request; `raw` is the body as it came.
GIVEN = frozenset({"body", "query", "headers", "raw"})


@dataclass(frozen=True, slots=True)
class Described:
    """One way a call may answer: a JSON object of this model, or a text of a media type."""

    status: int
    description: str
    model: type[BaseModel] | None = None
    media_type: str = JSON_TYPE
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusing:
    """How a call refuses: the answer for an error, its media type and its model."""

    answer: Callable[[Exception], Response]
    media_type: str
    model: type[BaseModel] | None = None


PROBLEMS = Refusing(ProblemAnswer, MEDIA_TYPE, Problem)


class About(TypedDict, total=False):
    """What is told of a call besides its signature.

    `answers` are what it may answer, the ordinary one first; `access` is for whom it is, if that is
    not what its method says; `refusals` name those that other calls with such parameters and bodies
    do not have. `reads` is the model of a body that the handler reads itself, `forms` are content
    types it may have besides JSON, `most_bytes` is how large it may be, and `form` what it is then.
    A call that is not `described` is there to refuse in words of its own, or for a page of ours.
    """

    answers: tuple[Described, ...]
    access: Access
    refusals: tuple[type[PenstockError], ...]
    refusing: Refusing
    reads: type[BaseModel]
    forms: tuple[str, ...]
    form: type[BaseModel]
    most_bytes: int
    described: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, as `Calls` collects it; `takes` are what its handler is given, by name."""

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    takes: Mapping[str, Any]
    answers: tuple[Described, ...] = ()
    access: Access = "viewer"
    refusals: tuple[type[PenstockError], ...] = ()
    refusing: Refusing = PROBLEMS
    reads: type[BaseModel] | None = None
    forms: tuple[str, ...] = ()
    form: type[BaseModel] | None = None
    most_bytes: int = BODY_BYTES
    described: bool = True
    body_adapter: TypeAdapter[Any] | None = field(init=False)

    def __post_init__(self) -> None:
        kind = self.takes.get("body")
        object.__setattr__(self, "body_adapter", TypeAdapter(kind) if kind else None)

    @property
    def name(self) -> str:
        """What generated clients call it."""
        return self.handler.__name__

    @property
    def description(self) -> str:
        """The handler's docstring."""
        return inspect.getdoc(self.handler) or ""

    @property
    def body(self) -> type[BaseModel] | None:
        """The model of its body, if it has one."""
        kind = self.takes.get("body")
        models = [each for each in get_args(kind) or (kind,) if each is not type(None)]
        return models[0] if kind else self.reads

    @property
    def is_body_optional(self) -> bool:
        """Whether a request may come without a body."""
        return type(None) in get_args(self.takes.get("body"))

    @property
    def query(self) -> type[BaseModel] | None:
        """The model of its query."""
        return self.takes.get("query")

    @property
    def headers(self) -> type[BaseModel] | None:
        """The model of the headers it reads."""
        return self.takes.get("headers")


class Calls:
    """The calls of a room under one tag, in the order they are declared."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._calls: list[Call] = []

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def get(self, path: str, summary: str, **about: Unpack[About]) -> Callable[[H], H]:
        return self._declared("GET", path, summary, about)

    def post(self, path: str, summary: str, **about: Unpack[About]) -> Callable[[H], H]:
        return self._declared("POST", path, summary, about)

    def put(self, path: str, summary: str, **about: Unpack[About]) -> Callable[[H], H]:
        return self._declared("PUT", path, summary, about)

    def delete(self, path: str, summary: str, **about: Unpack[About]) -> Callable[[H], H]:
        return self._declared("DELETE", path, summary, about)

    def _declared(self, method: str, path: str, summary: str, about: About) -> Callable[[H], H]:
        def declare(handler: H) -> H:
            takes = {k: v for k, v in get_type_hints(handler).items() if k in GIVEN}
            about.setdefault("access", _USUAL[method])
            self._calls.append(
                Call(
                    method=method,
                    path=path,
                    handler=handler,
                    summary=summary,
                    tag=self._tag,
                    takes=takes,
                    **about,
                )
            )
            return handler

        return declare
