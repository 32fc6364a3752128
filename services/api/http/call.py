"""Paths to handlers: a tree of path segments, so that finding one costs its depth."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import BaseModel

from services.api.http.answers import Answer, Reply
from services.api.http.problems import MEDIA_TYPE, MethodNotAllowed, problem_answer
from services.api.http.requests import Request
from services.api.http.shapes import Problem
from shared.errors import NotFound, PenstockError
from shared.flow import JSON

if TYPE_CHECKING:
    from services.api.api import Api

Handler: TypeAlias = "Callable[[Api, Request], Awaitable[Reply]]"
Schema: TypeAlias = dict[str, JSON]
Access: TypeAlias = Literal["token", "ticket", "admin", "open"]


@dataclass(frozen=True, slots=True)
class Answered:
    """One way a call may be answered: a JSON object of this shape, or a text of a media type."""

    status: int
    words: str
    shape: type[BaseModel] | None = None
    media: str = "application/json"
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusing:
    """How a call refuses: the answer for an error, its media type and its shape."""

    answer: Callable[[Exception], Answer]
    media: str
    shape: type[BaseModel] | None = None


PROBLEMS = Refusing(problem_answer, MEDIA_TYPE.decode(), Problem)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing a caller may say in the query or in a header."""

    name: str
    words: str
    schema: Schema
    where: Literal["query", "header"] = "query"
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One call.

    `answers` are what it may answer, the ordinary one first; `refusals` name those that other
    calls with such parameters and bodies do not have. `forms` are content types a body may have
    besides JSON. A call that is not `described` is there to refuse in words of its own.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    answers: tuple[Answered, ...] = ()
    access: Access = "token"
    parameters: tuple[Parameter, ...] = ()
    body: type[BaseModel] | None = None
    forms: tuple[str, ...] = ()
    refusals: tuple[type[PenstockError], ...] = ()
    refusing: Refusing = PROBLEMS
    described: bool = True


@dataclass(slots=True)
class _Place:
    named: dict[str, _Place] = field(default_factory=dict)
    any: _Place | None = None
    param: str = ""
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    """Finds the route of a request."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Place()
        for route in routes:
            place = self._root
            for segment in route.path.strip("/").split("/"):
                place = _below(place, segment)
            place.routes[route.method] = route

    def methods(self, path: str) -> str:
        """The methods a path has, as `Allow` says it. Raises: NotFound."""
        place, _ = self._place(path)
        return ", ".join(sorted(place.routes))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route and the named parts of the path. Raises: NotFound, MethodNotAllowed."""
        place, params = self._place(path)
        route = place.routes.get(method)
        if route is None:
            allowed = ", ".join(sorted(place.routes))
            raise MethodNotAllowed(f"expected {allowed} here, came {method[:20]}", allow=allowed)
        return route, params

    def _place(self, path: str) -> tuple[_Place, dict[str, str]]:
        place, params = self._root, dict[str, str]()
        for segment in path[1:].split("/"):
            below = place.named.get(segment)
            if below is None and place.any is not None and segment:
                below = place.any
                params[below.param] = segment
            if below is None:
                raise _nothing_at(path)
            place = below
        if not place.routes:
            raise _nothing_at(path)
        return place, params


def _below(place: _Place, segment: str) -> _Place:
    if not segment.startswith("{"):
        return place.named.setdefault(segment, _Place())
    if place.any is None:
        place.any = _Place(param=segment[1:-1])
    return place.any


def _nothing_at(path: str) -> NotFound:
    shown = path if len(path) <= 80 else path[:77] + "..."
    return NotFound(f"There is nothing at {shown!r}; GET /openapi.json lists all.")
