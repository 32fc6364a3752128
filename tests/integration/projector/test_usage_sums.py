"""Sums of what was used: always what the rows of runs say, each call counted once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import asyncpg
import pytest

from services.projector.counting import count_rest
from services.projector.deletions import delete_due
from services.projector.rebuild import rebuild_from
from services.projector.schema.upgrade import upgrade
from services.projector.schema.versions.v0015 import CHUNK, NO_RUN
from services.projector.span_sums import span_different
from services.projector.usage_sums import SUMS
from shared.ledger.pool import opened
from shared.ledger.usage import CALLS, COUNTS, TIER
from shared.ledger.usage_report import GROUPINGS, Grouping, Report, usage_report
from shared.log.memory import MemoryLog
from shared.models.catalogue import TIER_BOUNDS
from shared.run.content import Usage
from tests.integration.projector.desk import cut, tables, write
from tests.integration.projector.histories import BEGAN, PARTITIONS, lives

NAMES = tuple(Usage.model_fields)
WHEN = (BEGAN - timedelta(days=1), BEGAN + timedelta(days=1))
# Asked of the rows of runs, and of nothing that was summed before.
OF_ROWS = f"""
with {CALLS.format(runs="array(select run_id from runs where workspace = $1)")}
select date_trunc('{{span}}', r.created_at, 'UTC') as since, {{pipeline}} as pipeline_id,
    {{agent}} as agent, coalesce(c.model, '') as model,
    (coalesce(a.started_at, r.created_at) at time zone 'UTC')::date as price_day,
    {TIER} as tier, {COUNTS}
from calls c join runs r on r.run_id = c.run_id
join steps s on (s.run_id, s.step) = (c.run_id, c.step)
left join attempts a on (a.run_id, a.step, a.attempt) = (c.run_id, c.step, c.attempt)
group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6
"""
OF_SUMS = f"""
select since, pipeline_id, agent, model, price_day,
    width_bucket(above_tokens, $2::bigint[]) as tier,
    {", ".join(f"sum({name})::bigint as {name}" for name in NAMES)}
from usage_sums where workspace = $1 and span = $3 and grain = $4
group by 1, 2, 3, 4, 5, 6 having max(greatest({", ".join(NAMES)})) > 0
order by 1, 2, 3, 4, 5, 6
"""
ASK_DELETION = "insert into deletions (workspace, run_id) values ('acme', $1)"
GRAINS = {
    "whole": ("''", "''"),
    "agent": ("''", "s.node"),
    "pipeline": ("coalesce(r.pipeline_id, '')", "s.node"),
}
SPANS = [(grain, span) for grain in GRAINS for span in ("hour", "day")] + [("whole", "month")]


async def of_rows(connection: asyncpg.Connection) -> list[list[asyncpg.Record]]:
    """What each grain and span should hold."""
    found = []
    for grain, span in SPANS:
        pipeline, agent = GRAINS[grain]
        query = OF_ROWS.format(span=span, pipeline=pipeline, agent=agent)
        found.append(await connection.fetch(query, "acme", TIER_BOUNDS))
    return found


async def of_sums(connection: asyncpg.Connection) -> list[list[asyncpg.Record]]:
    """What each grain and span holds."""
    return [
        await connection.fetch(OF_SUMS, "acme", TIER_BOUNDS, span, grain) for grain, span in SPANS
    ]


async def reported(
    connection: asyncpg.Connection,
    *by: Grouping,
    times: tuple[datetime, datetime] = WHEN,
    limit: int = 1_000,
) -> Report:
    return await usage_report(connection, "acme", by, times, limit)


@pytest.mark.parametrize("seed", range(12))
async def test_sums_are_what_the_rows_say_however_facts_come_and_come_again(
    connection: asyncpg.Connection, seed: int
) -> None:
    _, log = lives(seed)
    await write(connection, cut(log, Random(seed)))
    expected = await of_rows(connection)
    assert await of_sums(connection) == expected
    for back in (0, len(log) // 2):
        for again in cut(log[back:], Random(seed + 1)):
            await connection.execute("update positions set seq = $1", again[0].sequence - 1)
            await write(connection, [again])
    assert await of_sums(connection) == expected


@pytest.mark.parametrize(
    "by", [(each,) for each in GROUPINGS] + [("agent", "model"), ("pipeline", "day"), GROUPINGS]
)
async def test_hours_and_days_and_what_is_between_tell_the_same(
    connection: asyncpg.Connection, by: Sequence[Grouping]
) -> None:
    _, log = lives(3)
    await write(connection, [log])
    first, last = await connection.fetchrow("select min(created_at), max(created_at) from runs")
    rows = await reported(connection, *by, times=(first, last + timedelta(microseconds=1)))
    hours = await reported(connection, *by, times=(BEGAN, BEGAN + timedelta(hours=2)))
    morning = BEGAN.replace(hour=0)
    days = await reported(connection, *by, times=(morning, morning + timedelta(days=1)))
    assert rows.items
    for other in (hours, days):
        assert other.whole == rows.whole
        assert sorted(map(str, other.items)) == sorted(map(str, rows.items))


async def test_the_kinds_that_cost_most_are_told_and_the_others_counted(
    connection: asyncpg.Connection,
) -> None:
    _, log = lives(3)
    await write(connection, [log])
    every = await reported(connection, "agent", "model")
    known = [item for item in every.items if item.used.micro_dollars is not None]
    unknown = len(every.items) - len(known)
    some = await reported(connection, "agent", "model", limit=unknown + 1)
    most = max(known, key=lambda item: item.used.micro_dollars or 0)
    assert most in some.items
    assert (some.whole, some.left_out) == (every.whole, len(known) - 1)


async def test_what_a_deleted_run_used_stays_in_the_sums_also_when_they_are_made_anew(
    connection: asyncpg.Connection, database_url: str
) -> None:
    _, history = lives(4)
    await write(connection, cut(history, Random(4)))
    before = await of_sums(connection)
    log = MemoryLog(partitions=PARTITIONS)
    ended = "select run_id::text from runs where finished_seq is not null"
    runs = [row["run_id"] for row in await connection.fetch(ended)]
    assert runs
    for run in runs:
        await connection.execute(
            "insert into deletions (workspace, run_id) values ('acme', $1)", run
        )
    assert await delete_due(connection, log) == len(runs)
    assert await connection.fetch(ended) == []
    assert await of_sums(connection) == before
    created = (await log.about()).created
    await connection.execute("update positions set stream_created = $1", created)
    await rebuild_from(database_url, log)
    assert await of_sums(connection) == before


async def test_sums_are_made_anew_from_the_facts(
    connection: asyncpg.Connection, database_url: str
) -> None:
    _, history = lives(5)
    await write(connection, cut(history, Random(5)))
    before = await tables(connection)
    await connection.execute("update usage_sums set output_tokens = output_tokens + 7")
    log = MemoryLog(partitions=PARTITIONS)
    created = (await log.about()).created
    await connection.execute("update positions set stream_created = $1", created)
    await rebuild_from(database_url, log)
    assert await tables(connection) == before


async def test_what_an_earlier_version_wrote_meanwhile_is_counted_once(
    connection: asyncpg.Connection,
) -> None:
    _, log = lives(6)
    await write(connection, [log])
    before = await tables(connection)
    some = "select distinct run_id, step, attempt from usage where turn > 0"
    await connection.execute(
        f"update usage set counted = false where (run_id, step, attempt) in ({some}) and turn = 0"
    )
    await wipe_sums_and_count_what_is_counted(connection)
    assert await of_sums(connection) != await of_rows(connection)
    for _ in range(2):
        await count_rest(connection, range(PARTITIONS))
        assert await tables(connection) == before


async def wipe_sums_and_count_what_is_counted(connection: asyncpg.Connection) -> None:
    """As if only rows that say so had been counted."""
    await connection.execute("truncate usage_sums")
    await connection.fetch(CHUNK, NO_RUN, list(TIER_BOUNDS))
    await span_different(connection)


async def test_a_migration_sums_what_there_is(
    connection: asyncpg.Connection, empty_database_url: str
) -> None:
    _, log = lives(7, count=9)
    await write(connection, [log])
    await upgrade(empty_database_url, "0014")
    async with opened(empty_database_url) as other:
        for table in ("runs", "steps", "attempts", "usage"):
            columns = await _columns(other, table)
            rows = await connection.fetch(f"select {', '.join(columns)} from {table}")
            await other.copy_records_to_table(table, records=map(tuple, rows), columns=columns)
        await upgrade(empty_database_url)
        assert await of_sums(other) == await of_sums(connection)
        assert await other.fetchval("select bool_and(counted) from usage")
        await upgrade(empty_database_url)
        assert await of_sums(other) == await of_sums(connection)
        here, there = await tables(connection), await tables(other)
        assert [there[name] for name in SUMS] == [here[name] for name in SUMS]


async def _columns(connection: asyncpg.Connection, table: str) -> list[str]:
    rows = await connection.fetch(
        "select column_name from information_schema.columns "
        "where table_name = $1 and is_generated = 'NEVER'",
        table,
    )
    return [row[0] for row in rows]


@pytest.mark.parametrize("count", [2**63 - 1, 2**62])
async def test_sums_that_are_too_large_are_as_large_as_can_be(
    connection: asyncpg.Connection, count: int
) -> None:
    _, log = lives(8)
    await write(connection, [log[: len(log) // 2]])
    await connection.execute("update usage set output_tokens = $1", count)
    await write(connection, [log[len(log) // 2 :]])
    assert await connection.fetchval("select max(output_tokens) from usage_sums") < 2**62
