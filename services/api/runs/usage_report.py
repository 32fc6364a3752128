"""`GET /usage`: what a workspace's runs used and cost, by day, pipeline, agent or model."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, ClassVar

import asyncpg
from pydantic import BeforeValidator, Field, WithJsonSchema
from starlette.requests import Request

from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.models import AT, PIPELINE_ID, Moment, Shape
from services.api.http.parameters import Query, WholeNumber
from services.api.http.parts import part
from services.api.http.problems import BadParameter
from services.api.identity.identity import workspace_of
from services.api.runs.step_models import COST, USAGE, CostUsd
from shared.errors import TooLarge
from shared.flow import JSON
from shared.ledger.usage_report import GROUPINGS, MOST_ITEMS, Grouping, Item, Report, usage_report
from shared.models import in_dollars
from shared.run.content import Usage

MOST_DAYS = 92
_USUAL_DAYS = 30

CALLS = Calls("Runs")


def _groupings(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = tuple(dict.fromkeys(each.strip() for each in value.split(",") if each.strip()))
    if not found or set(found) - set(GROUPINGS):
        raise ValueError(f"expected some of {', '.join(GROUPINGS)}, separated by commas")
    return found


class UsageAsked(Query):
    """Which usage, and how it is told apart."""

    group_by: Annotated[
        tuple[Grouping, ...],
        BeforeValidator(_groupings),
        WithJsonSchema(
            {"type": "array", "items": {"type": "string", "enum": [*GROUPINGS]}, "minItems": 1}
        ),
    ] = Field(("day",), description="by what: `day`, or several such as `day,model`")
    since: Moment | None = Field(
        None,
        description=f"of runs asked for from then on; {_USUAL_DAYS} days ago, from the "
        "beginning of the hour, if left out",
    )
    until: Moment | None = Field(None, description="of runs asked for before; now if left out")
    limit: WholeNumber = Field(
        200, ge=1, le=MOST_ITEMS, description="items at most: those that cost and used most"
    )

    def times(self) -> tuple[datetime, datetime]:
        """From when, and before when. Raises: BadParameter."""
        until = self.until or datetime.now(UTC)
        try:
            since = self.since or _hour_of(until - timedelta(days=_USUAL_DAYS))
            is_within = timedelta() < until - since <= timedelta(days=MOST_DAYS)
        except OverflowError:
            is_within = False
        if not is_within:
            raise BadParameter(
                f"expected since before until, by at most {MOST_DAYS} days, came others: "
                "ask for a longer time in parts"
            )
        return since, until


def _hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


class UsageItem(Shape):
    """What was used of one kind; what it is not told apart by is null. `day` is of UTC."""

    day: date | None
    pipeline_id: str | None
    pipeline_name: str | None
    agent: str | None
    model: str | None
    usage: Usage
    cost_usd: CostUsd


class UsageReport(Shape):
    """What runs used and cost, the latest day first and then what cost most.

    `usage` and `cost_usd` are of everything, also of the items that were left out.
    """

    EXAMPLE: ClassVar[JSON] = {
        "since": AT,
        "until": AT,
        "usage": USAGE,
        "cost_usd": COST,
        "items": [
            {
                "day": None,
                "pipeline_id": PIPELINE_ID,
                "pipeline_name": "Haiku",
                "agent": None,
                "model": None,
                "usage": USAGE,
                "cost_usd": COST,
            }
        ],
        "left_out": 0,
    }

    since: datetime
    until: datetime
    usage: Usage
    cost_usd: CostUsd
    items: list[UsageItem]
    left_out: int


@CALLS.get(
    "/api/v1/usage",
    "What runs used and cost",
    answers=(Described(200, "By what was asked", UsageReport),),
    refusals=(TooLarge,),
)
async def read_usage(request: Request, query: UsageAsked) -> Answer[UsageReport]:
    """Tells tokens and dollars of the runs asked for in a time, by day, pipeline, agent or model.

    An agent is told by the id of its node. It may be a moment behind what a single run tells.
    """
    times = query.times()
    pool, workspace = part(request, asyncpg.Pool), workspace_of(request)
    found = await usage_report(pool, workspace, query.group_by, times, query.limit)
    return Answer(await asyncio.to_thread(_answer, found, times))


def _answer(found: Report, times: tuple[datetime, datetime]) -> UsageReport:
    items = sorted(found.items, key=_weight, reverse=True)
    items.sort(key=lambda item: item.kind.day or date.min, reverse=True)
    since, until = times
    return UsageReport(
        since=since,
        until=until,
        usage=found.whole.usage,
        cost_usd=in_dollars(found.whole.micro_dollars),
        items=[_told(item) for item in items],
        left_out=found.left_out,
    )


def _weight(item: Item) -> tuple[bool, object, int]:
    """What is of unknown cost comes first, for it may be the most."""
    cost = item.used.micro_dollars
    return cost is None, cost or 0, item.used.usage.total_tokens()


def _told(item: Item) -> UsageItem:
    kind = item.kind
    return UsageItem(
        day=kind.day,
        pipeline_id=kind.pipeline,
        pipeline_name=item.pipeline_name if kind.pipeline else None,
        agent=kind.agent,
        model=kind.model,
        usage=item.used.usage,
        cost_usd=in_dollars(item.used.micro_dollars),
    )
