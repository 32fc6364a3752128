"""New runs within the limits of their workspace: counted from Postgres, and what is taken since.

Every api counts for itself once a second, so several take a little more than a limit together: what
the others took since the last count, and what the projector has yet to copy.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

from pydantic_core import to_json

from services.api.history.capacity import REFUSED
from services.api.http.problems import Refused
from services.api.people.deeds import Deed
from services.api.people.limit_table import Counted, Limits, LimitTable
from services.api.people.month_limits import MonthUsed, Share, require_left, shares_of
from shared.errors import Unavailable
from shared.ledger.month import Month, month_of
from shared.runtime.logging import logger

LOOK_SECONDS = 1.0
MINUTE_SECONDS = 60.0
NO_LIMITS, NOTHING = Limits(), Counted()

log = logger()


class TooManyRuns(Refused):
    """The workspace has as many runs in flight as it may; others are not concerned."""

    code = "runs_in_flight_limit"
    status = 429
    headers = MappingProxyType({"retry-after": "5"})


class TooManyRequests(Refused):
    """The workspace has asked for as many runs in a minute as it may."""

    code = "run_rate_limit"
    status = 429
    headers = MappingProxyType({"retry-after": "10"})


class RunLimits:
    """Limits and counts of all limited workspaces, kept while `watch` runs."""

    def __init__(self, table: LimitTable) -> None:
        self._table = table
        self._limits: Mapping[str, Limits] = {}
        self._counted: Mapping[str, Counted] = {}
        self._used: Mapping[str, Month] = {}
        self._used_at = datetime.min.replace(tzinfo=UTC)
        self._warned: set[tuple[str, str, Decimal, datetime]] = set()
        self._taken: Counter[str] = Counter()
        self._lately: dict[str, deque[float]] = {}
        self._loop = asyncio.get_running_loop()

    async def watch(self) -> None:
        """Keeps counting, for ever."""
        while True:
            with suppress(Unavailable):  # what was counted last stands
                await self.count()
            await asyncio.sleep(LOOK_SECONDS)

    async def count(self) -> None:
        """Look at Postgres once. Raises: Unavailable."""
        limits = await self._table.every()
        now = datetime.now(UTC)
        by_month = [name for name, each in limits.items() if any(shares_of(each, Month()))]
        used = await self._table.used(by_month, now)
        before, self._taken = self._taken, Counter()
        try:
            self._counted = await self._table.counted(sorted(limits))
        except Unavailable:
            self._taken += before
            raise
        self._limits, self._used, self._used_at = limits, used, month_of(now)
        await self._warn(by_month, now)
        self._lately = {name: each for name, each in self._lately.items() if name in limits}

    def most_stored_bytes(self, workspace: str) -> int | None:
        """How much its runs may hold, if that is limited for it."""
        return self._limits.get(workspace, NO_LIMITS).stored_bytes

    def most_readers(self, workspace: str) -> int | None:
        """How many may read its event streams at once here, if that is limited for it."""
        return self._limits.get(workspace, NO_LIMITS).readers

    def take(self, workspace: str) -> None:
        """One run more. Raises: TooManyRuns, TooManyRequests, TokensUsed, DollarsUsed."""
        limits = self._limits.get(workspace)
        if limits is None:
            return
        counted = self._counted.get(workspace, NOTHING)
        self._require_left_this_month(workspace, limits)
        self._require_fewer_in_flight(workspace, limits, counted)
        self._require_fewer_lately(workspace, limits, counted)
        self._taken[workspace] += 1
        self._lately[workspace].append(self._loop.time())

    def _require_left_this_month(self, workspace: str, limits: Limits) -> None:
        now = datetime.now(UTC)
        if self._used_at == month_of(now):
            try:
                require_left(workspace, limits, self._used.get(workspace, Month()), now)
            except MonthUsed as refused:
                REFUSED.labels(refused.code).inc()
                raise

    async def _warn(self, workspaces: Iterable[str], now: datetime) -> None:
        """Tell, once a month and for each limit, that most of it is used. Raises: Unavailable."""
        self._warned = {known for known in self._warned if known[-1] == month_of(now)}
        for workspace in workspaces:
            used = self._used.get(workspace, Month())
            for share in shares_of(self._limits[workspace], used):
                if share.is_high:
                    await self._warn_of(workspace, share, month_of(now))

    async def _warn_of(self, workspace: str, share: Share, month: datetime) -> None:
        known = workspace, share.limit, share.most, month
        if known in self._warned:
            return
        told = {"limit": share.limit, "most": str(share.most), "used": str(share.used)}
        details = to_json(told).decode()
        by = Deed("limits", "limits", "limits.nearly_used", details, None)
        if await self._table.warn(workspace, share.limit, month.date(), by):
            log.warning("limits.nearly_used", workspace=workspace, **told)
        self._warned.add(known)

    def _require_fewer_in_flight(self, workspace: str, limits: Limits, counted: Counted) -> None:
        found, most = counted.in_flight + self._taken[workspace], limits.runs_in_flight
        if most is not None and found >= most:
            REFUSED.labels(TooManyRuns.code).inc()
            raise TooManyRuns(
                f"expected fewer than {most:,} runs of {workspace} in flight, there are {found:,}: "
                "wait until some have ended, or have the limit raised",
                limit=most,
            )

    def _require_fewer_lately(self, workspace: str, limits: Limits, counted: Counted) -> None:
        lately = self._lately.setdefault(workspace, deque())
        while lately and lately[0] <= self._loop.time() - MINUTE_SECONDS:
            lately.popleft()
        found, most = max(counted.this_minute, len(lately)), limits.runs_a_minute
        if most is not None and found >= most:
            REFUSED.labels(TooManyRequests.code).inc()
            raise TooManyRequests(
                f"expected fewer than {most:,} runs of {workspace} in a minute, {found:,} were "
                "asked for: send fewer, or have the limit raised",
                limit=most,
            )
