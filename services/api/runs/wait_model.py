"""What a run is said to wait for."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from services.api.http.models import LATER, Shape
from shared.flow import JSON

WaitKind = Literal["person", "worker", "workspace_limit", "provider_limit", "timer"]
LIMITED: JSON = {
    "kind": "provider_limit",
    "text": "It waits for the limit of poet's provider to be over.",
    "until": LATER,
}


class WaitingFor(Shape):
    """What a run waits for while nothing of it is under way; `until` where that is known.

    `kind`: `person` decides an approval, no `worker` lives that serves its pool, the
    `workspace_limit` or the `provider_limit` is reached, or a `timer` (start or retry) is to fire.
    """

    EXAMPLE: ClassVar[JSON] = LIMITED

    kind: WaitKind
    text: str
    until: datetime | None = None


class RunWaits(Shape):
    """What a run waits for; null while something of it is under way, and once it is over."""

    EXAMPLE: ClassVar[JSON] = {"waiting_for": LIMITED}

    waiting_for: WaitingFor | None
