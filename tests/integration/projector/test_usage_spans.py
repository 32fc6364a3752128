"""Reports by pipeline from spans of days: what the sums say, whoever wrote, deleted or rebuilt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import asyncpg
import pytest

from services.projector.deletions import delete_due
from services.projector.positions import Move, move
from services.projector.rebuild import rebuild_from
from services.projector.schema.upgrade import upgrade
from services.projector.span_sums import settle_spans
from services.projector.usage_sums import SUMS
from shared.ledger.pool import opened
from shared.ledger.usage_report import Grouping, Item, usage_report
from shared.log.memory import MemoryLog
from shared.log.port import Entry
from shared.run.content import Usage
from tests.integration.projector.desk import cut, tables, write
from tests.integration.projector.histories import (
    BEGAN,
    PARTITIONS,
    Life,
    flow_with_everything,
    mixed,
)

DAY = timedelta(days=1)
DAYS = 40
FIRST = BEGAN.replace(hour=0) - (DAYS - 1) * DAY
EVER = (FIRST, FIRST + DAYS * DAY)
Times = tuple[datetime, datetime]


def weeks(seed: int) -> Sequence[Entry]:
    """Runs of a few pipelines, each on a day of its own."""
    flow, chance = flow_with_everything(), Random(seed)
    days: dict[str, timedelta] = {}
    lives = []
    for day in range(0, DAYS, 2):
        life = Life(flow, chance)
        named = {"pipeline_id": f"p{chance.randrange(5)}", "pipeline_name": "Haiku"}
        life.requested = life.requested.model_copy(update=named)
        days[life.requested.run] = (DAYS - 1 - day) * DAY
        lives.append(life.lived())
    log = mixed(lives, chance)
    return [each._replace(time=each.time - days[each.address.run]) for each in log]


async def told(
    connection: asyncpg.Connection, by: Sequence[Grouping], times: Times, limit: int = 1_000
) -> list[Item]:
    report = await usage_report(connection, "acme", by, times, limit)
    return sorted(report.items, key=str)


async def summed(
    connection: asyncpg.Connection, by: Sequence[Grouping], times: Times
) -> list[tuple[object, ...]]:
    """The same as `told`, added up from a report that tells agents apart."""
    found: dict[tuple[object, ...], tuple[Usage, Decimal | None]] = {}
    for item in await told(connection, (*by, "agent"), times):
        kind = (item.kind.day, item.kind.pipeline)
        used, cost = found.get(kind, (Usage(), Decimal(0)))
        more = item.used.micro_dollars
        cost = None if cost is None or more is None else cost + more
        found[kind] = used.plus(item.used.usage), cost
    return sorted(((*kind, *each) for kind, each in found.items()), key=str)


def flat(items: Sequence[Item]) -> list[tuple[object, ...]]:
    rows = ((i.kind.day, i.kind.pipeline, i.used.usage, i.used.micro_dollars) for i in items)
    return sorted(rows, key=str)


@pytest.mark.parametrize("by", [("pipeline",), ("day", "pipeline")])
async def test_any_time_by_pipeline_is_what_its_agents_are(
    connection: asyncpg.Connection, by: Sequence[Grouping]
) -> None:
    await write(connection, cut(weeks(1), Random(1)))
    chance = Random(2)
    for step in (DAY, timedelta(hours=1), timedelta(minutes=7)):
        for _ in range(6):
            since = FIRST + chance.randrange(DAYS * DAY // step) * step
            until = min(since + chance.randrange(1, 30 * DAY // step) * step, EVER[1])
            found = await told(connection, by, (since, until))
            assert flat(found) == await summed(connection, by, (since, until))
    until = datetime.now(BEGAN.tzinfo) + 20 * DAY
    found = await told(connection, by, (FIRST + 5 * DAY, until))
    assert flat(found) == await summed(connection, by, (FIRST + 5 * DAY, until))


async def test_the_pipelines_that_cost_most_are_found_in_spans(
    connection: asyncpg.Connection,
) -> None:
    await write(connection, cut(weeks(3), Random(3)))
    every = await told(connection, ("pipeline",), EVER)
    unknown = [item for item in every if item.used.micro_dollars is None]
    known = [item for item in every if item.used.micro_dollars is not None]
    known.sort(key=lambda item: item.used.micro_dollars or 0, reverse=True)
    for limit in range(1, len(every) + 1):
        report = await usage_report(connection, "acme", ("pipeline",), EVER, limit)
        assert report.left_out == len(every) - limit
        if limit >= len(unknown):
            expected = unknown + known[: limit - len(unknown)]
            assert sorted(report.items, key=str) == sorted(expected, key=str)


async def test_a_price_that_became_known_since_corrects_what_is_told(
    connection: asyncpg.Connection,
) -> None:
    await write(connection, cut(weeks(4), Random(4)))
    expected = await told(connection, ("pipeline",), EVER)
    # As if summed when no change of a price was known.
    await connection.execute("update usage_spans set first_day = '2026-06-01'")
    assert await told(connection, ("pipeline",), EVER) == expected


async def test_a_migration_makes_spans_of_the_sums_that_there_are(
    connection: asyncpg.Connection, empty_database_url: str
) -> None:
    await write(connection, cut(weeks(5), Random(5)))
    await upgrade(empty_database_url, "0019")
    async with opened(empty_database_url) as other:
        rows = await connection.fetch("select * from usage_sums")
        await other.copy_records_to_table("usage_sums", records=[tuple(row) for row in rows])
        await upgrade(empty_database_url)
        here, there = await tables(connection), await tables(other)
        assert [there[name] for name in SUMS] == [here[name] for name in SUMS]


async def test_what_an_earlier_version_wrote_is_put_into_spans_by_the_next(
    connection: asyncpg.Connection,
) -> None:
    log = weeks(6)
    await write(connection, cut(log, Random(6)))
    await settle_spans(connection, range(PARTITIONS))
    expected = await tables(connection)
    await connection.execute("delete from usage_spans where since > $1", BEGAN - 9 * DAY)
    await connection.execute("delete from usage_ranking where since > $1", BEGAN - 9 * DAY)
    await settle_spans(connection, range(PARTITIONS))
    assert await tables(connection) != expected
    # The version before moves positions, and nothing that says that spans go with them.
    partition, seq = await connection.fetchrow("select partition, seq from positions limit 1")
    await connection.execute("update positions set seq = seq + 1 where partition = $1", partition)
    async with connection.transaction():
        await move(connection, {partition: Move(seq + 1, seq + 2)})
    await settle_spans(connection, range(PARTITIONS))
    assert await tables(connection) == expected
    async with connection.transaction():
        await move(connection, {partition: Move(seq + 2, seq + 3)})
    settled = "select bool_and(seq = spans_seq) from positions"
    assert await connection.fetchval(settled) is True


async def test_what_deleted_runs_used_stays_in_spans_also_when_they_are_made_anew(
    connection: asyncpg.Connection, database_url: str
) -> None:
    await write(connection, cut(weeks(7), Random(7)))
    before = await tables(connection)
    log = MemoryLog(partitions=PARTITIONS)
    ended = "select run_id::text from runs where finished_seq is not null order by 1 limit 7"
    for row in await connection.fetch(ended):
        asked = "insert into deletions (workspace, run_id) values ('acme', $1)"
        await connection.execute(asked, row["run_id"])
    assert await delete_due(connection, log) == 7
    created = (await log.about()).created
    for _ in range(2):
        after = await tables(connection)
        for name in ("usage_spans", "usage_ranking"):
            assert after[name] == before[name]
        await connection.execute("update positions set stream_created = $1", created)
        await rebuild_from(database_url, log)
