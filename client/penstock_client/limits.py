"""What workspaces may use at most, and what they use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from penstock_client.connection import Connection
from penstock_client.paging import items
from penstock_client.results import Page, Result


class Used(Result):
    """What a workspace uses now; `runs_a_minute` are those of the last one.

    `steps_in_flight`, by pool of workers, is None while nothing limits them.
    """

    runs_in_flight: int
    runs_a_minute: int
    stored_bytes: int
    steps_in_flight: Mapping[str, int] | None


class ThisMonth(Result):
    """What was used of the limits of the month, in UTC; `warned` names those nearly used up.

    What is of unknown cost is not among `cost_usd`.
    """

    since: datetime
    until: datetime
    tokens: int
    cost_usd: str
    warned: Sequence[str]


class SetLimits(Result):
    """What a workspace may use at most; None is without a limit of its own."""

    runs_in_flight: int | None
    runs_a_minute: int | None
    stored_bytes: int | None
    tokens_a_month: int | None
    cost_usd_a_month: str | None
    readers: int | None
    steps_in_flight: Mapping[str, int] | None
    this_month: ThisMonth


class Limits(SetLimits):
    """The same with what is used now."""

    workspace: str
    used: Used


class WorkspaceLimits:
    """`/limits` and `/workspaces/{slug}/limits`; set by who runs the installation."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> AsyncIterator[Limits]:
        """Those of all workspaces that have any, by slug."""
        return items(self._connection, "/limits", Page[Limits], {})

    async def read(self, workspace: str) -> Limits:
        """Those of one; for its admins too."""
        return (await self._connection.get(_path(workspace))).read(Limits)

    async def set(self, workspace: str, limits: Mapping[str, object]) -> SetLimits:
        """These are all it has from now on: what is left out is without a limit."""
        return (await self._connection.send("PUT", _path(workspace), limits)).read(SetLimits)


def _path(workspace: str) -> str:
    return f"/workspaces/{quote(workspace, safe='')}/limits"
