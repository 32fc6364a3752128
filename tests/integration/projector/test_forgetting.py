"""Finished runs leave the log: when they are due, in an order readers can rely on, and for good."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random

import asyncpg
import pytest

from services.projector.forgetter import Forgetter
from services.projector.lingering import Terms
from services.projector.positions import StreamYounger
from shared.errors import Unavailable
from shared.ledger.dump import standing_still
from shared.ledger.facts import body_of, facts_of
from shared.ledger.pool import opened
from shared.log import connect
from shared.log.jetstream.connection import connection as nats_connection
from shared.log.memory import Clock, MemoryLog
from shared.log.port import Log
from shared.log.provision import provision
from shared.run.content import Blob
from shared.run.facts import Lifecycle, RunRequested
from tests.contract.story import Story
from tests.eventually import eventually
from tests.integration.projector.histories import PARTITIONS, Life, flow_with_everything
from tests.integration.projector.test_projector import projecting, recorded

AT_ONCE = Terms(linger_seconds=0, least_seconds=0)
IN_AN_HOUR = Terms(linger_seconds=3600, least_seconds=0)
A_DAY_AGO = "update inert_facts set since = now() - interval '25 hours'"


def story(number: int, partition: int = 0) -> Story:
    return Story("acme", f"019e0000-0000-7000-8000-{number:012d}", partition)


def forgetter(log: Log, database_url: str, terms: Terms = AT_ONCE) -> Forgetter:
    return Forgetter(log, database_url, terms)


async def copied(log: MemoryLog, connection: asyncpg.Connection, database_url: str) -> None:
    """Returns once the database has every fact of the log."""

    async def has_all() -> bool:
        last = (await log.about()).last
        return bool(await connection.fetchval("select max(seq) from positions") == last)

    async with projecting(log, database_url):
        await eventually(has_all)


class ListeningLog(MemoryLog):
    """Remembers what was deleted together; breaks off before the `breaks_at`-th time."""

    def __init__(self, breaks_at: int = 0) -> None:
        super().__init__(partitions=PARTITIONS)
        self.deleted: list[Sequence[int]] = []
        self.breaks_at = breaks_at

    async def delete(self, sequences: Sequence[int]) -> None:
        if self.breaks_at == len(self.deleted) + 1:
            self.breaks_at = 0
            raise Unavailable("the test says so")
        self.deleted.append(sequences)
        await super().delete(sequences)


def whole(run: Story) -> tuple[Lifecycle, ...]:
    return (run.requested(), run.started(), run.ready(), run.completed(), run.finished())


async def test_a_finished_run_leaves_the_log_and_stays_in_the_database(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, done, living = MemoryLog(partitions=PARTITIONS), story(1), story(2, partition=1)
    await recorded(log, *whole(done), done.retry(), living.requested(), living.started())
    before = (await log.history("acme", done.run)).entries
    await copied(log, connection, database_url)
    assert await forgetter(log, database_url, IN_AN_HOUR).forget(connection) == 0
    assert await forgetter(log, database_url).forget(connection) == 1
    assert await log.last_sequence("acme", done.run) == 0
    assert await facts_of(connection, "acme", done.run) == before
    assert len((await log.history("acme", living.run)).entries) == 2
    assert await forgetter(log, database_url).forget(connection) == 0


async def test_a_run_is_due_early_when_many_facts_have_piled_up_behind_it(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, first, second = MemoryLog(partitions=PARTITIONS), story(1), story(2)
    await recorded(log, *whole(first), *whole(second))
    await copied(log, connection, database_url)
    terms = Terms(linger_seconds=3600, facts_behind=5, least_seconds=0)
    assert await forgetter(log, database_url, terms).forget(connection) == 1
    assert not await log.has_run("acme", first.run)
    assert await log.has_run("acme", second.run)
    patient = Terms(linger_seconds=3600, facts_behind=0)
    assert await forgetter(log, database_url, patient).forget(connection) == 0


async def test_the_request_goes_first_and_the_end_last(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, flow, chance = ListeningLog(), flow_with_everything(), Random(7)
    lives = [Life(flow, chance).lived() for _ in range(10)]
    for facts in lives:
        await recorded(log, *facts)
    await copied(log, connection, database_url)
    rests = dict(await connection.fetch("select seq, rest from facts"))
    ended = sum(rest == "finished" for rest in rests.values())
    assert await forgetter(log, database_url).forget(connection) == ended
    first, *others, last = ([rests[seq] for seq in some] for some in log.deleted)
    assert set(first) == {"requested"}
    assert not {"requested", "finished"} & {rest for some in others for rest in some}
    assert set(last) == {"finished"}


@pytest.mark.parametrize("breaks_at", [1, 2, 3])
async def test_what_was_broken_off_is_done_by_whoever_comes_next(
    connection: asyncpg.Connection, database_url: str, breaks_at: int
) -> None:
    log, run = ListeningLog(breaks_at), story(1)
    await recorded(log, *whole(run))
    await copied(log, connection, database_url)
    with pytest.raises(Unavailable):
        await forgetter(log, database_url).forget(connection)
    assert await forgetter(log, database_url).forget(connection) == 1
    assert await log.last_sequence("acme", run.run) == 0


async def test_two_forgetters_do_not_wait_for_each_other_and_leave_nothing(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, runs = ListeningLog(), [story(number) for number in range(1500)]
    for run in runs:
        await recorded(log, run.requested(), run.finished())
    await copied(log, connection, database_url)

    async def forget() -> int:
        async with opened(database_url) as own:
            return await forgetter(log, database_url).forget(own)

    at_once = await asyncio.gather(forget(), forget())
    assert sum(at_once) + await forget() == 1500
    deleted = [sequence for some in log.deleted for sequence in some]
    assert sorted(deleted) == list(range(1, 3001))


async def test_a_parked_run_is_left_alone_until_it_is_understood(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, run = MemoryLog(partitions=PARTITIONS), story(1)
    await recorded(log, *whole(run))
    await copied(log, connection, database_url)
    await connection.execute(
        "insert into parked_runs (run_id, workspace, partition, seq, reason) "
        "select run_id, workspace, partition, 3, 'strange' from runs"
    )
    assert await forgetter(log, database_url).forget(connection) == 0
    assert await log.has_run("acme", run.run)
    await copied(log, connection, database_url)
    await recorded(log, story(2).requested())
    await copied(log, connection, database_url)
    assert await forgetter(log, database_url).forget(connection) == 1


async def test_a_fact_without_its_request_is_deleted_after_a_day(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, inert, late = MemoryLog(partitions=PARTITIONS), story(1), story(2, partition=1)
    begun, clears = story(3), forgetter(log, database_url)
    await recorded(log, inert.cancel(), inert.ready(), *whole(late), begun.cancel())
    await copied(log, connection, database_url)
    assert await clears.forget(connection) == 1
    await recorded(log, late.cancel(), late.started(), begun.requested())
    await copied(log, connection, database_url)
    assert await clears.clear(connection) == 0
    await connection.execute(A_DAY_AGO)
    assert await clears.clear(connection) == 4
    assert await log.last_sequence("acme", inert.run) == 0
    assert await log.last_sequence("acme", late.run) == 0
    assert len((await log.history("acme", begun.run)).entries) == 2
    assert await clears.clear(connection) == 0


async def test_nothing_is_deleted_from_another_log(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, run = MemoryLog(partitions=PARTITIONS), story(1)
    await recorded(log, *whole(run))
    await copied(log, connection, database_url)
    clock = Clock()
    clock.advance_to(clock.now + timedelta(days=1))
    stranger = MemoryLog(partitions=PARTITIONS, clock=clock)
    await recorded(stranger, *whole(story(2)))
    with pytest.raises(StreamYounger, match="--new-log"):
        await forgetter(stranger, database_url).forget(connection)
    assert await stranger.has_run("acme", story(2).run)


async def test_large_bodies_leave_nats_without_a_trace(
    connection: asyncpg.Connection, nats_url: str, database_url: str
) -> None:
    await provision(nats_url, partitions=1, pools=("local",))
    run, body = story(1), b"words " * 50_000
    async with connect(nats_url, name="test") as log:
        name = await log.put_blob("acme", run.run, body)
        asked = run.requested().model_copy(update={"input": Blob(blob=name, size_bytes=len(body))})
        assert isinstance(asked, RunRequested)
        for fact in (asked, run.finished()):
            await log.append(fact)
        async with projecting(log, database_url):
            forgets = forgetter(log, database_url)
            await eventually(lambda: forgets.forget(connection))
        assert await log.get_blob("acme", run.run, name) is None
        assert await body_of(connection, "acme", run.run, name) == body
    async with nats_connection(nats_url, "test") as opened_nats:
        for stream in ("RUNS", "OBJ_BLOBS"):
            info = await opened_nats.request(f"$JS.API.STREAM.INFO.{stream}", {})
            assert (stream, info["state"]["messages"]) == (stream, 0)


async def test_a_forgetter_goes_on_by_itself(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, run = MemoryLog(partitions=PARTITIONS), story(1)
    task = asyncio.create_task(forgetter(log, database_url).run())
    async with projecting(log, database_url):
        await recorded(log, *whole(run))

        async def is_gone() -> bool:
            return not await log.last_sequence("acme", run.run)

        await eventually(is_gone)
    task.cancel()
    await asyncio.wait({task})


async def test_no_run_leaves_the_log_while_a_backup_is_made(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log = ListeningLog()
    for fact in whole(story(1)):
        await log.append(fact)
    await copied(log, connection, database_url)
    async with standing_still(database_url):
        assert await forgetter(log, database_url).forget(connection) == 0
    assert await forgetter(log, database_url).forget(connection) == 1
