"""Paths to handlers: a tree of path segments, so that finding one costs its depth."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from services.api.answers import Reply
from services.api.problems import MethodNotAllowed
from services.api.requests import Request
from shared.errors import NotFound

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from services.api.api import Api

Handler: TypeAlias = "Callable[[Api, Request], Awaitable[Reply]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One call: `access` is `token`, `ticket` (or token), or `open`."""

    method: str
    path: str
    handler: Handler
    summary: str
    access: str = "token"
    body: TypeAdapter[Any] | None = None
    query: tuple[str, ...] = ()
    status: int = 200


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

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route and the named parts of the path. Raises: NotFound, MethodNotAllowed."""
        place: _Place | None = self._root
        params: dict[str, str] = {}
        for segment in path[1:].split("/"):
            assert place is not None
            below = place.named.get(segment)
            if below is None and place.any is not None and segment:
                below = place.any
                params[below.param] = segment
            if below is None:
                raise NotFound(f"There is nothing at {_shown(path)}; GET /openapi.json lists all.")
            place = below
        assert place is not None
        route = place.routes.get(method)
        if route is None and place.routes:
            allowed = ", ".join(sorted(place.routes))
            raise MethodNotAllowed(f"expected {allowed} here, came {method[:20]}", allow=allowed)
        if route is None:
            raise NotFound(f"There is nothing at {_shown(path)}; GET /openapi.json lists all.")
        return route, params


def _below(place: _Place, segment: str) -> _Place:
    if not segment.startswith("{"):
        return place.named.setdefault(segment, _Place())
    if place.any is None:
        place.any = _Place(param=segment[1:-1])
    return place.any


def _shown(path: str) -> str:
    return repr(path if len(path) <= 80 else path[:77] + "...")
