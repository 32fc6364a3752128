"""Limits of steps in flight, and the queues of the workspaces that have one, in Postgres."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from shared.log.queues import names_of

LEFT_SECONDS = 120
"""How long nothing new may have named a queue: more than an api goes by what it read last."""

_LOCK = "hashtext('penstock.provisioner')"
_LIMITS = """
    select workspace, steps_in_flight from workspace_limits
    join workspaces on slug = workspace and deleted_at is null
    where steps_in_flight is not null order by workspace
"""
_ROWS = """
    select queue, workspace, limits, after_sequence, ready_at is not null as is_ready,
        leaving_at is not null as is_leaving,
        coalesce(leaving_at < now() - make_interval(secs => $1), false) as is_left
    from work_queues order by queue
"""
_LEAVE = """
    update work_queues set leaving_at = now()
    where leaving_at is null and workspace <> all($1) returning queue, workspace
"""
_RETURN = "update work_queues set leaving_at = null where leaving_at is not null"
_RETURN += " and workspace = any($1) returning queue, workspace"
_ASSIGN = "insert into work_queues (queue, workspace, after_sequence) values ($1, $2, $3)"
_READY = "update work_queues set limits = $2, ready_at = coalesce(ready_at, now()) where queue = $1"

Limits = Mapping[str, int]
"""How many steps may be in flight, by pool; a pool that is not there is without a limit."""


@dataclass(frozen=True, slots=True)
class Row:
    """A workspace's queue; `limits` are those in force. Its steps are behind `after`.

    No new run names one that `is_leaving`; one that `is_left` has been leaving for long enough.
    """

    queue: str
    workspace: str
    limits: Limits
    after: int
    is_ready: bool = False
    is_leaving: bool = False
    is_left: bool = False


class Table:
    """Over one connection. All may raise what the driver raises."""

    def __init__(self, connection: asyncpg.Connection, left_seconds: float = LEFT_SECONDS) -> None:
        self._connection = connection
        self._left_seconds = left_seconds

    async def lock(self) -> bool:
        """This provisioner acts from now on; False while another one does."""
        return bool(await self._connection.fetchval(f"select pg_try_advisory_lock({_LOCK})"))

    async def unlock(self) -> None:
        """Others may act."""
        await self._connection.execute(f"select pg_advisory_unlock({_LOCK})")

    async def limits(self) -> dict[str, Limits]:
        """Those of all workspaces that have any, by workspace."""
        rows = await self._connection.fetch(_LIMITS)
        return {row["workspace"]: json.loads(row["steps_in_flight"]) for row in rows}

    async def rows(self) -> list[Row]:
        """All queues that workspaces have."""
        rows = await self._connection.fetch(_ROWS, self._left_seconds)
        return [
            Row(
                queue=row["queue"],
                workspace=row["workspace"],
                limits=json.loads(row["limits"]),
                after=row["after_sequence"],
                is_ready=row["is_ready"],
                is_leaving=row["is_leaving"],
                is_left=row["is_left"],
            )
            for row in rows
        ]

    async def leave(self, limited: Sequence[str]) -> list[tuple[str, str]]:
        """Queues of workspaces that are not limited any more get no new runs; which, and whose."""
        return [tuple(row) for row in await self._connection.fetch(_LEAVE, limited)]

    async def come_back(self, limited: Sequence[str]) -> list[tuple[str, str]]:
        """Queues that workspaces still had, and are to use again; which, and whose."""
        return [tuple(row) for row in await self._connection.fetch(_RETURN, limited)]

    async def assign(self, row: Row) -> None:
        """A workspace has this queue from now on."""
        await self._connection.execute(_ASSIGN, row.queue, row.workspace, row.after)

    async def ready(self, row: Row, limits: Limits) -> None:
        """New runs may name it, and these limits are in force."""
        await self._connection.execute(_READY, row.queue, json.dumps(limits))

    async def is_named(self, row: Row) -> bool:
        """An unfinished run that Postgres knows of names the queue."""
        names = list(names_of(row.queue))
        question = "select is_queue_named($1, $2)"
        return bool(await self._connection.fetchval(question, names, row.workspace))

    async def positions(self) -> dict[int, int]:
        """How far each partition of the log has been copied."""
        rows = await self._connection.fetch("select partition, seq from positions")
        return {row["partition"]: row["seq"] for row in rows}

    async def give_away(self, row: Row) -> None:
        """Nobody has it."""
        await self._connection.execute("delete from work_queues where queue = $1", row.queue)
