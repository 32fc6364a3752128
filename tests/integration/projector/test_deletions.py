"""What somebody deletes is nowhere afterwards, and nothing else is gone."""

from __future__ import annotations

import asyncpg
import pytest

from services.projector.deletions import (
    delete_due,
    delete_late,
    delete_workspaces,
    find_more,
)
from shared.errors import Unavailable
from shared.ledger.dump import standing_still
from shared.log.memory import MemoryLog
from shared.run.content import Blob
from tests.contract.story import Story
from tests.integration.projector.histories import PARTITIONS
from tests.integration.projector.test_forgetting import (
    A_DAY_AGO,
    ListeningLog,
    copied,
    forgetter,
    story,
    whole,
)
from tests.integration.projector.test_projector import recorded

EVERYWHERE = """
select format('select %1$L, count(*) from %1$I where strpos(%1$I::text, $1) > 0', c.relname)
from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
and not c.relispartition"""


async def found(connection: asyncpg.Connection, text: str) -> dict[str, int]:
    """In which tables a text stands, and in how many rows."""
    counts = [await connection.fetchrow(row[0], text) for row in await connection.fetch(EVERYWHERE)]
    return {name: count for name, count in filter(None, counts) if count}


async def ask(connection: asyncpg.Connection, run: Story) -> None:
    insert = "insert into deletions (workspace, run_id) values ($1, $2)"
    await connection.execute(insert, run.workspace, run.run)


async def large(log: MemoryLog, run: Story) -> None:
    """A whole run, with a body and a delta."""
    body = Blob(blob=await log.put_blob(run.workspace, run.run, b"words"), size_bytes=5)
    completed = run.completed().model_copy(update={"output": body, "output_sha256": body.blob})
    await recorded(log, run.requested(), run.started(), run.ready(), completed, run.finished())


@pytest.mark.parametrize("has_left", [False, True])
async def test_a_deleted_run_is_nowhere_and_its_neighbour_is_whole(
    connection: asyncpg.Connection, database_url: str, has_left: bool
) -> None:
    log, gone, stays = MemoryLog(partitions=PARTITIONS), story(1), story(2)
    await large(log, gone)
    await large(log, stays)
    await copied(log, connection, database_url)
    for run in (gone, stays):
        await log.stream(run.delta(0))
    before = await found(connection, stays.run)
    if has_left:
        assert await forgetter(log, database_url).forget(connection) == 2
    await ask(connection, gone)
    assert await delete_due(connection, log) == 1
    assert await delete_due(connection, log) == 0
    assert await found(connection, gone.run) == {"deletions": 1}
    assert await connection.fetchval("select done_at is not null from deletions")
    assert await log.read_on("*", gone.run, after=0) == ()
    (body,) = [r["sha256"] for r in await connection.fetch("select sha256 from blobs")]
    assert await log.get_blob("acme", gone.run, body) is None
    assert {**before, **await found(connection, stays.run)} == before
    if not has_left:
        assert len(await log.read_on("*", stays.run, after=0)) == 6


async def test_a_run_that_lives_is_parked_or_not_copied_yet_waits(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, living, parked, ahead = (MemoryLog(partitions=PARTITIONS), *map(story, (1, 2, 3)))
    await recorded(log, living.requested(), living.started(), *whole(parked))
    await copied(log, connection, database_url)
    await recorded(log, *whole(ahead))
    park = "insert into parked_runs values ($1, 'acme', 0, 1, 'the test says so')"
    await connection.execute(park, parked.run)
    for run in (living, parked, ahead):
        await ask(connection, run)
    assert await delete_due(connection, log) == 0
    assert len(await log.read_on("*", ahead.run, after=0)) == 5
    await copied(log, connection, database_url)
    await connection.execute("delete from parked_runs")
    assert await delete_due(connection, log) == 2
    assert await found(connection, ahead.run) == {"deletions": 1}


async def test_a_run_that_a_restored_backup_does_not_have_is_done(
    connection: asyncpg.Connection,
) -> None:
    await ask(connection, story(1))
    assert await delete_due(connection, MemoryLog(partitions=PARTITIONS)) == 1


@pytest.mark.parametrize("breaks_at", [1, 2, 3])
async def test_what_was_broken_off_is_done_by_whoever_comes_next(
    connection: asyncpg.Connection, database_url: str, breaks_at: int
) -> None:
    log, run = ListeningLog(breaks_at), story(1)
    await recorded(log, *whole(run))
    await copied(log, connection, database_url)
    await ask(connection, run)
    with pytest.raises(Unavailable):
        await delete_due(connection, log)
    assert await delete_due(connection, log) == 1
    assert await log.read_on("*", run.run, after=0) == ()
    assert await found(connection, run.run) == {"deletions": 1}


async def test_nothing_is_deleted_while_a_backup_is_made(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, run = MemoryLog(partitions=PARTITIONS), story(1)
    await recorded(log, *whole(run))
    await copied(log, connection, database_url)
    await ask(connection, run)
    async with standing_still(database_url):
        assert await delete_due(connection, log) == 0
    assert await delete_due(connection, log) == 1


async def test_what_comes_later_goes_too(connection: asyncpg.Connection, database_url: str) -> None:
    log, run = MemoryLog(partitions=PARTITIONS), story(1)
    await recorded(log, *whole(run))
    await copied(log, connection, database_url)
    await ask(connection, run)
    assert await delete_due(connection, log) == 1
    await recorded(log, run.retry())
    await copied(log, connection, database_url)
    assert await found(connection, run.run) == {"deletions": 1, "facts": 1, "inert_facts": 1}
    await connection.execute(A_DAY_AGO)
    assert await forgetter(log, database_url).clear(connection) == 1
    assert await found(connection, run.run) == {"deletions": 1}
    assert await log.read_on("*", run.run, after=0) == ()


async def test_only_what_was_asked_for_is_deleted(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, run = MemoryLog(partitions=PARTITIONS), story(1)
    await recorded(log, *whole(run))
    await copied(log, connection, database_url)
    before = await found(connection, run.run)
    await connection.execute("select delete_runs(array[$1::uuid])", run.run)
    await connection.execute("select delete_workspace('acme')")
    await delete_late(connection, [run.run])
    assert await found(connection, run.run) == before


async def test_runs_older_than_their_workspace_keeps_them_go_and_younger_ones_stay(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, old, young, other = (MemoryLog(partitions=PARTITIONS), *map(story, (1, 2, 3)))
    elsewhere = Story("other", other.run, 0)
    await recorded(log, *whole(old), *whole(young), *whole(elsewhere))
    await copied(log, connection, database_url)
    await connection.execute(
        "insert into workspaces (slug, name) values ('acme', 'a'), ('other', 'o')",
    )
    await connection.execute("update workspaces set retention_days = 30 where slug = 'acme'")
    long_ago = "now() - interval '31 days'"
    age = f"update runs set created_at = {long_ago}, finished_at = {long_ago} where run_id <> $1"
    await connection.execute(age, young.run)
    await find_more(connection)
    await find_more(connection)
    assert await delete_due(connection, log) == 1
    assert await found(connection, old.run) == {"deletions": 1}
    left = await connection.fetch("select run_id::text from runs order by run_id")
    assert [row[0] for row in left] == [young.run, other.run]


async def test_a_deleted_workspace_is_nowhere_and_another_is_whole(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, runs, kept = MemoryLog(partitions=PARTITIONS), list(map(story, range(250))), story(999)
    stays = Story("stays", kept.run, 0)
    for run in (*runs, stays):
        await recorded(log, *whole(run))
    await copied(log, connection, database_url)
    for slug in ("acme", "stays"):
        await connection.execute("insert into workspaces (slug, name) values ($1, $1 || '!')", slug)
        await connection.execute(
            "insert into pipelines (id, workspace, name, flow, version) "
            "values ('p-' || $1, $1, 'secret plan', '{}', 'v')", slug
        )  # fmt: skip
        await connection.execute(
            "insert into pipeline_versions (pipeline_id, version, flow) "
            "values ('p-' || $1, 'v', '{}')", slug
        )  # fmt: skip
    before = await found(connection, "stays")
    await connection.execute("insert into deletions (workspace) values ('acme')")
    for _ in range(3):
        await find_more(connection)
        await delete_due(connection, log)
        await delete_workspaces(connection)
    assert await found(connection, "acme") == {"deletions": 251, "workspaces": 1}
    assert await connection.fetchval("select name from workspaces where slug = 'acme'") == "acme"
    assert await connection.fetchval("select count(*) from deletions where done_at is null") == 0
    assert await found(connection, "stays") == before
    assert await log.last_sequence("acme") == 0
