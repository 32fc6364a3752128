"""Positions: how far each partition has been copied. Whoever moves them has applied the batch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

import asyncpg

from shared.errors import Rejected


class StreamYounger(Rejected):
    """The log was created after the facts in the database."""

    code = "stream_younger"


class Overtaken(Exception):
    """Someone else moved a position first: read them again."""


class Move(NamedTuple):
    """A step of one partition: from the sequence a batch began behind to its last."""

    old: int
    new: int


async def read_positions(
    connection: asyncpg.Connection, partitions: Collection[int], stream_created: datetime
) -> dict[int, int]:
    """The sequence each partition was copied up to; 0 for one that is new.

    Raises: StreamYounger if the positions are of another stream than this.
    """
    known = await known_positions(connection, stream_created)
    await connection.execute(
        "insert into positions (partition, seq, stream_created, spans_seq) "
        "select p, 0, $2, 0 from unnest($1::integer[]) p on conflict do nothing",
        sorted(set(partitions) - known.keys()),
        stream_created,
    )
    return {partition: known.get(partition, 0) for partition in partitions}


async def known_positions(
    connection: asyncpg.Connection, stream_created: datetime
) -> dict[int, int]:
    """The sequence each partition with a position was copied up to. Raises: StreamYounger."""
    rows = await connection.fetch("select partition, seq, stream_created from positions")
    for row in rows:
        if row["stream_created"] != stream_created:
            raise StreamYounger(_another_stream(row["stream_created"], stream_created))
    return {row["partition"]: row["seq"] for row in rows}


async def move(connection: asyncpg.Connection, moves: Mapping[int, Move]) -> None:
    """Move the positions, and hold them until the transaction ends. Raises: Overtaken.

    `spans_seq` goes with them, unless somebody moved them who does not know of it.
    """
    numbers = sorted(moves)
    moved = await connection.fetch(
        "with given as (select * from unnest($1::integer[], $2::bigint[], $3::bigint[]) "
        "as given (partition, old, new)), "
        # Locked in one order, so that two projectors never wait for each other.
        "held as (select p.partition, given.new from positions p join given using (partition) "
        "where p.seq = given.old order by p.partition for update of p) "
        "update positions p set seq = held.new, moved_at = now(), spans_seq = "
        "case when p.spans_seq = p.seq then held.new else p.spans_seq end from held "
        "where p.partition = held.partition returning p.partition",
        numbers,
        [moves[n].old for n in numbers],
        [moves[n].new for n in numbers],
    )
    if len(moved) < len(numbers):
        raise Overtaken


def _another_stream(known: datetime, found: datetime) -> str:
    return (
        f"The log was created at {found.isoformat()}, but the database holds facts of a log "
        f"created at {known.isoformat()}: point NATS_URL and DATABASE_URL at servers that belong "
        "together, or, if that log is lost for good, run `penstock rebuild --new-log`, which keeps "
        "all facts in the database and goes on with the new log from its beginning."
    )
