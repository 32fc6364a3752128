"""Runs that have not ended, of all workspaces, for who looks whether they go on.

Postgres is behind the log, and what it has of a run is whole up to there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.ledger.facts import Source, entry_of
from shared.ledger.pool import translated
from shared.log.port import Entry
from shared.log.subjects import Address

LEAST_ID = "00000000-0000-0000-0000-000000000000"


class Unfinished(NamedTuple):
    """A run that has not ended, as far as Postgres knew at `seen_at` (its clock)."""

    address: Address
    requested_at: datetime
    seen_at: datetime
    last_sequence: int


class Moved(NamedTuple):
    """Which runs are wanted: those with a fact behind the sequence of their partition.

    And those that were asked for longer than `oldest` ago. Of partitions that are not here none.
    """

    behind: Mapping[int, int]
    oldest: timedelta


async def unfinished_runs(
    source: Source, moved: Moved, *, after: str = LEAST_ID, limit: int = 1000
) -> list[Unfinished]:
    """At most `limit` such runs behind an id, by id. Raises: Unavailable."""
    with translated():
        rows = await source.fetch(
            "select partition, workspace, run_id::text, created_at, last_seq, "
            "clock_timestamp() as seen_at "
            "from runs join unnest($1::integer[], $2::bigint[]) as wanted (partition, behind) "
            "using (partition) where finished_seq is null and runs.run_id > $3 "
            "and (last_seq > behind or created_at <= now() - $4::interval) "
            # By the column: its name alone is the text of it here, which no index has in order.
            "order by runs.run_id limit $5",
            list(moved.behind),
            list(moved.behind.values()),
            after,
            moved.oldest,
            limit,
        )
    return [
        Unfinished(
            Address(row["partition"], row["workspace"], row["run_id"]),
            row["created_at"],
            row["seen_at"],
            row["last_seq"],
        )
        for row in rows
    ]


async def facts_of_each(source: Source, runs: Sequence[Unfinished]) -> dict[str, list[Entry]]:
    """The facts of each of these runs, which come in the order of their ids; by run, in order.

    Raises: Unavailable.
    """
    ids = [run.address.run for run in runs]
    found: dict[str, list[Entry]] = {run: [] for run in ids}
    if not ids:
        return found
    with translated():
        rows = await source.fetch(
            "select run_id::text, workspace, partition, seq, rest, data, time from facts "
            "where run_id = any($1::uuid[]) and run_id between $2 and $3 "
            "order by facts.run_id, seq",
            ids,
            ids[0],
            ids[-1],
        )
    for row in rows:
        found[row["run_id"]].append(entry_of(row, row["workspace"], row["run_id"]))
    return found
