"""Flow versions: copied from the log's store before the facts that name them, and given back.

A copy is kept under its hash, so one whose batch is then not applied does no harm. With it Postgres
has all that a finished run is read with, and all that an empty log needs to go on.
"""

from __future__ import annotations

import json
from collections.abc import Collection

import asyncpg

from services.projector.signals import FLOWS_MISSING
from shared.ledger.facts import flow_of
from shared.ledger.pool import opened, translated
from shared.log import connect
from shared.log.port import Log
from shared.runtime.logging import logger

REMEMBERED = 100_000
UNREAD_AT_ONCE = 20
_APPROVERS = b'"approvers"'

log = logger()


class FlowVersions:
    """Copies over one connection, which remembers what it has copied."""

    def __init__(self, connection: asyncpg.Connection, source: Log) -> None:
        self._connection = connection
        self._source = source
        self._known: set[str] = set()

    async def copy(self, versions: Collection[str]) -> int:
        """Keep each of these that is not kept; how many were not.

        One that is nowhere is reported and left out. Raises: Unavailable.
        """
        unknown = {version for version in versions if version not in self._known}
        if not unknown:
            return 0
        rows = await self._connection.fetch(
            "select version from flow_versions where version = any($1)", list(unknown)
        )
        missing = unknown - {row["version"] for row in rows}
        copied = {version for version in sorted(missing) if await self._copy(version)}
        if len(self._known) + len(unknown) > REMEMBERED:
            self._known.clear()
        self._known |= unknown - missing | copied
        return len(copied)

    async def copy_missing(self) -> int:
        """Keep those that runs in the database name and that are not kept; how many were copied.

        Raises: Unavailable.
        """
        rows = await self._connection.fetch(
            "select distinct flow from runs r where not exists "
            "(select from flow_versions v where v.version = r.flow)"
        )
        return await self.copy([row["flow"] for row in rows])

    async def _copy(self, version: str) -> bool:
        body = await self._source.get_flow(version)
        if body is None:
            FLOWS_MISSING.inc()
            log.error("flow.missing", flow=version)
            return False
        await self._connection.execute(
            "insert into flow_versions (version, body, approvers) values ($1, $2, $3) "
            "on conflict do nothing",
            version,
            body,
            approvers_in(body),
        )
        return True


def approvers_in(body: bytes) -> str:
    """Who may decide, by node, of the approvals of a flow version that say so: as JSON."""
    if _APPROVERS not in body:
        return "{}"
    data = {node["id"]: node.get("data") or {} for node in json.loads(body)["nodes"]}
    named = {node: each["approvers"] for node, each in data.items() if each.get("approvers")}
    return json.dumps({node: [name.casefold() for name in some] for node, some in named.items()})


async def fill_in_approvers(connection: asyncpg.Connection) -> None:
    """Say of each copy who may decide in it, if an earlier version, which does not, has made it."""
    query = "select version, body from flow_versions where approvers is null limit $1"
    while rows := await connection.fetch(query, UNREAD_AT_ONCE):
        await connection.executemany(
            "update flow_versions set approvers = $2 where version = $1",
            [(row["version"], approvers_in(row["body"])) for row in rows],
        )


async def copy_missing_flows(database_url: str, nats_url: str, *, name: str) -> int:
    """What `FlowVersions.copy_missing` does, as a client of NATS called `name`.

    Raises: Unavailable.
    """
    async with connect(nats_url, name=name) as source, opened(database_url) as connection:
        with translated():
            return await FlowVersions(connection, source).copy_missing()


async def restore_flow_versions(connection: asyncpg.Connection, target: Log) -> int:
    """Give every flow version to a log's store, unless it has it; how many there are.

    Raises: Unavailable.
    """
    rows = await connection.fetch("select version from flow_versions order by version")
    for row in rows:
        # One at a time: a flow may have 8 MiB.
        body = await flow_of(connection, row["version"])
        if body is not None:
            await target.put_flow(row["version"], body)
    return len(rows)
