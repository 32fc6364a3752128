"""What runs used and cost, by day, pipeline, agent or model."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_client.connection import Connection
from penstock_client.results import Json, Result


class UsageItem(Result):
    """What was used of one kind; what it is not told apart by is None, as is a cost unknown."""

    day: str | None
    pipeline_id: str | None
    pipeline_name: str | None
    agent: str | None
    model: str | None
    usage: Json
    cost_usd: str | None


class UsageReport(Result):
    """What all runs asked for in a time used, and the items that cost most of it."""

    since: str
    until: str
    usage: Json
    cost_usd: str | None
    items: tuple[UsageItem, ...]
    left_out: int


async def usage_of(
    connection: Connection, by: Sequence[str], since: str | None, until: str | None, limit: int
) -> UsageReport:
    """See `Penstock.usage`."""
    times = {name: at for name, at in (("since", since), ("until", until)) if at is not None}
    params = {"group_by": ",".join(by), "limit": str(limit), **times}
    return (await connection.get("/usage", params)).read(UsageReport)
