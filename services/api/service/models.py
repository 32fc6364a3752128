"""What the service answers of itself."""

from __future__ import annotations

from typing import ClassVar, Literal

from services.api.http.models import Shape
from shared.flow import JSON


class Alive(Shape):
    """The process answers."""

    EXAMPLE: ClassVar[JSON] = {"status": "alive"}

    status: Literal["alive"]


class Readiness(Shape):
    """Whether the service can serve, and what it waits for."""

    EXAMPLE: ClassVar[JSON] = {"status": "ready", "reasons": {}}

    status: Literal["ready", "unready"]
    reasons: dict[str, str]


class Serving(Shape):
    """Whether the service may be given requests, and what is wrong with it, if anything is."""

    EXAMPLE: ClassVar[JSON] = {"status": "serving", "reasons": {}}

    status: Literal["serving", "not_serving"]
    reasons: dict[str, str]
