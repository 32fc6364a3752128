"""What calls about limits take and answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from services.api.http.expectations import spelled
from services.api.http.models import AT, Body, Shape
from shared.flow import JSON
from shared.flow.work import WHOLE

_LIMITS: dict[str, JSON] = {
    "runs_in_flight": 200,
    "runs_a_minute": 600,
    "stored_bytes": 1_073_741_824,
    "tokens_a_month": 50_000_000,
    "cost_usd_a_month": "250.000000",
    "readers": 500,
    "steps_in_flight": {"default": 8},
}
_THIS_MONTH: dict[str, JSON] = {
    "since": AT,
    "until": AT,
    "tokens": 41_000_000,
    "cost_usd": "12.500000",
    "warned": ["tokens_a_month"],
}
Most = Annotated[int, Field(ge=1, le=2_000_000_000), WHOLE]
MostBytes = Annotated[int, Field(ge=1, le=1 << 50), WHOLE]
DOLLARS = spelled(r"^[0-9]{1,9}([.][0-9]{1,6})?$", 'dollars as a text, like "250.50"')
Dollars = Annotated[
    str,
    Field(pattern=DOLLARS, description="US dollars, as in `250.50`"),
]
# What a consumer of NATS may have in flight at most is no more than its clients' requests ask for.
MostSteps = Annotated[int, Field(ge=1, le=100_000), WHOLE]
StepsInFlight = Annotated[
    Mapping[str, MostSteps],
    Field(
        min_length=1,
        max_length=64,
        description="how many steps are executed at once, by pool of workers; exact",
    ),
]


class WorkspaceLimitsBody(Body):
    """What a workspace may use at most; what is left out, or null, is without a limit."""

    EXAMPLE: ClassVar[JSON] = _LIMITS

    runs_in_flight: Most | None = None
    runs_a_minute: Most | None = None
    stored_bytes: MostBytes | None = None
    tokens_a_month: MostBytes | None = None
    cost_usd_a_month: Dollars | None = None
    readers: Most | None = None
    steps_in_flight: StepsInFlight | None = None


class ThisMonth(Shape):
    """What was used of the limits of the month, by runs asked for `since` its beginning, in UTC.

    What is of unknown cost is not among `cost_usd`. `warned` names limits of which 80 % is used.
    """

    EXAMPLE: ClassVar[JSON] = _THIS_MONTH

    since: datetime
    until: datetime
    tokens: int
    cost_usd: str
    warned: list[str]


class Used(Shape):
    """What a workspace uses now, as was counted last; `runs_a_minute` are those of the last one.

    `steps_in_flight`, by pool, is null while no queue counts them: nothing limits them.
    """

    EXAMPLE: ClassVar[JSON] = {
        "runs_in_flight": 12,
        "runs_a_minute": 40,
        "stored_bytes": 52_428_800,
        "steps_in_flight": {"default": 8, "local": 0},
    }

    runs_in_flight: int
    runs_a_minute: int
    stored_bytes: int
    steps_in_flight: Mapping[str, int] | None


class WorkspaceLimits(Shape):
    """What a workspace may use at most; null is without a limit of its own."""

    EXAMPLE: ClassVar[JSON] = {**_LIMITS, "this_month": _THIS_MONTH}

    runs_in_flight: int | None
    runs_a_minute: int | None
    stored_bytes: int | None
    tokens_a_month: int | None
    cost_usd_a_month: str | None
    readers: int | None
    steps_in_flight: Mapping[str, int] | None
    this_month: ThisMonth


class LimitsAndUse(WorkspaceLimits):
    """The limits of a workspace, and what is used now."""

    EXAMPLE: ClassVar[JSON] = {
        **_LIMITS,
        "this_month": _THIS_MONTH,
        "workspace": "acme",
        "used": Used.EXAMPLE,
    }

    workspace: str
    used: Used


class LimitsPage(Shape):
    """A page of workspaces that have limits."""

    EXAMPLE: ClassVar[JSON] = {"items": [LimitsAndUse.EXAMPLE], "next_cursor": None}

    items: Sequence[LimitsAndUse]
    next_cursor: str | None
