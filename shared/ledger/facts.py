"""The cold tier: facts as they stood in the log, for as long as Postgres keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import asyncpg

from shared.ledger.pool import translated
from shared.log.port import Entry
from shared.log.subjects import Address

Source: TypeAlias = "asyncpg.Pool | asyncpg.Connection"
"""What a query is asked of."""

_COLUMNS = "f.partition, f.seq, f.rest, f.data, f.time"


async def facts_of(
    source: Source, workspace: str, run: str, *, after: int = 0, limit: int = 1000
) -> tuple[Entry, ...]:
    """The run's lifecycle facts after a sequence, in order; fewer than `limit` are all.

    Only of runs that were requested; none for an unknown run. Raises: Unavailable.
    """
    with translated():
        rows = await source.fetch(
            f"select {_COLUMNS} from runs r join facts f using (run_id) "
            "where r.run_id = $1 and r.workspace = $2 and f.seq > $3 order by f.seq limit $4",
            run,
            workspace,
            after,
            limit,
        )
    return tuple(entry_of(row, workspace, run) for row in rows)


async def piece_of(
    source: Source, workspace: str, run: str, *, after: int, most_bytes: int
) -> tuple[Entry, ...]:
    """The run's next lifecycle facts after a sequence, in order; none are left if there are none.

    So many as begin within so many bytes, a thousand at most. Raises: Unavailable.
    """
    with translated():
        rows = await source.fetch(
            "select partition, seq, rest, data, time from ("
            "select *, sum(octet_length(data)) over (order by seq) as through from ("
            f"select {_COLUMNS} from runs r join facts f using (run_id) "
            "where r.run_id = $1 and r.workspace = $2 and f.seq > $3 order by f.seq limit 1000"
            ") thousand) summed where through - octet_length(data) < $4 order by seq",
            run,
            workspace,
            after,
            most_bytes,
        )
    return tuple(entry_of(row, workspace, run) for row in rows)


async def select_facts(
    source: Source, workspace: str, run: str, rests: Sequence[str]
) -> tuple[Entry, ...]:
    """Those of the run's facts with one of these exact rests, in order. Raises: Unavailable."""
    with translated():
        rows = await source.fetch(
            f"select {_COLUMNS} from runs r join facts f using (run_id) "
            "where r.run_id = $1 and r.workspace = $2 and f.rest = any($3) order by f.seq",
            run,
            workspace,
            rests,
        )
    return tuple(entry_of(row, workspace, run) for row in rows)


async def body_of(source: Source, workspace: str, run: str, sha256: str) -> bytes | None:
    """A large body of a run, or None. Raises: Unavailable."""
    with translated():
        body: bytes | None = await source.fetchval(
            "select body from blobs where run_id = $1 and sha256 = $2 and workspace = $3",
            run,
            sha256,
            workspace,
        )
    return body


async def flow_of(source: Source, version: str) -> bytes | None:
    """A flow version as the log's store has it, or None. Raises: Unavailable."""
    with translated():
        body: bytes | None = await source.fetchval(
            "select body from flow_versions where version = $1", version
        )
    return body


async def position(source: Source, partition: int) -> int:
    """The sequence up to which a partition of the log has been copied; 0 if not begun."""
    with translated():
        found: int | None = await source.fetchval(
            "select seq from positions where partition = $1", partition
        )
    return found or 0


async def positions(source: Source) -> dict[int, int]:
    """The position of every partition. Raises: Unavailable."""
    with translated():
        rows = await source.fetch("select partition, seq from positions")
    return {row["partition"]: row["seq"] for row in rows}


def entry_of(row: asyncpg.Record, workspace: str, run: str) -> Entry:
    """The fact of a row."""
    address = Address(row["partition"], workspace, run)
    return Entry(row["seq"], address, row["rest"], row["data"], row["time"])
