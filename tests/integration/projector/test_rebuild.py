"""The read model can be dropped: the facts make it again."""

from pathlib import Path
from random import Random

import asyncpg
import pytest

from services.projector.rebuild import Progress, rebuild_from
from services.projector.upserts import READ_MODEL
from services.projector.verification import verify
from shared.flow import content
from shared.ledger.facts import positions
from shared.ledger.runs import end_of, get_run
from shared.log import connect
from shared.log.memory import MemoryLog
from shared.log.provision import provision
from shared.run.facts import Lifecycle
from tests.contract.story import Story
from tests.integration.projector.desk import cut, tables, write, writer
from tests.integration.projector.histories import PARTITIONS, by_partition, entry, lives
from tests.unit.cli.command import penstock

RUN = "019e0000-0000-7000-8000-000000000001"
OTHER = "019e0000-0000-7000-8000-000000000002"
FLOW = Story("acme", RUN).requested().flow
BODY = content({"nodes": [{"id": "node-0", "type": "template", "data": {"template": "x"}}]})


async def _with_positions_of(connection: asyncpg.Connection, log: MemoryLog) -> None:
    created = (await log.about()).created
    await connection.execute("update positions set stream_created = $1", created)


async def test_a_rebuilt_read_model_is_the_same(
    connection: asyncpg.Connection, database_url: str
) -> None:
    _, history = lives(2, count=12)
    await write(connection, cut(history, Random(2)))
    before = await tables(connection)
    log = MemoryLog(partitions=PARTITIONS)
    await _with_positions_of(connection, log)
    for damaged in READ_MODEL:
        await connection.execute(f"delete from {damaged.name} where random() < 0.5")
    said: list[Progress] = []
    assert (await verify(connection)).problems
    done = await rebuild_from(database_url, log, report=said.append)
    assert (await verify(connection)).problems == []
    assert await tables(connection) == before
    assert done == said[-1] == Progress(len(history), len(history))


async def test_a_rebuild_reads_the_log_on_when_nobody_else_does(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, run = MemoryLog(partitions=PARTITIONS), Story("acme", RUN)
    for fact in (run.requested(), run.started(), run.finished()):
        await log.append(fact)
    await rebuild_from(database_url, log)
    assert await end_of(connection, "acme", RUN) is not None


async def test_a_new_log_is_gone_on_with_only_when_that_is_asked_for(
    connection: asyncpg.Connection, database_url: str
) -> None:
    _, history = lives(2, count=3)
    await write(connection, [history])
    log, run = MemoryLog(partitions=PARTITIONS), Story("acme", RUN)
    await log.append(run.requested())
    await rebuild_from(database_url, log, new_log=True)
    assert await get_run(connection, "acme", RUN) is not None
    assert await get_run(connection, "acme", history[0].address.run) is not None
    assert (await positions(connection))[0] == 1
    assert await connection.fetchval("select count(*) from lingering_runs") == 0
    assert (await verify(connection)).problems == []


@pytest.mark.parametrize("seed", range(4))
async def test_what_the_projector_wrote_is_found_right(
    connection: asyncpg.Connection, seed: int
) -> None:
    _, history = lives(seed, count=8)
    await write(connection, cut(history, Random(seed)))
    found = await verify(connection)
    assert (found.problems, found.facts) == ([], len(history))


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("delete from runs where run_id = $1", "never requested"),
        ("delete from facts where run_id = $1 and rest = 'requested'", "never requested"),
        ("update runs set status = 'running' where run_id = $1", "another end"),
        ("update runs set finished_seq = null where run_id = $1", "another end"),
        ("update runs set last_seq = last_seq - 1 where run_id = $1", "newest facts"),
        ("delete from attempts where run_id = $1", "other outcomes"),
        ("update attempts set outcome = 'failed' where run_id = $1", "other outcomes"),
    ],
)
async def test_what_is_wrong_is_found_and_its_run_named(
    connection: asyncpg.Connection, damage: str, problem: str
) -> None:
    run, other = Story("acme", RUN), Story("acme", OTHER)
    facts: tuple[Lifecycle, ...] = (
        run.requested(),
        other.requested(),
        run.ready(),
        run.completed(),
        run.finished(),
    )
    await write(connection, [[entry(fact, n) for n, fact in enumerate(facts, 1)]])
    assert (await verify(connection)).problems == []
    await connection.execute(damage, RUN)
    (said, *_) = (await verify(connection)).problems
    assert problem in said
    assert RUN in said
    assert OTHER not in said


async def test_the_command_rebuilds_verifies_and_says_so(
    connection: asyncpg.Connection, nats_url: str, database_url: str, tmp_path: Path
) -> None:
    await provision(nats_url, partitions=PARTITIONS, pools=("local",))
    run = Story("acme", RUN)
    async with connect(nats_url, name="test") as log:
        await log.put_flow(FLOW, BODY)
        for fact in (run.requested(), run.ready(), run.completed(), run.finished()):
            await log.append(fact)
    urls = {"NATS_URL": nats_url, "DATABASE_URL": database_url}
    first = await penstock("rebuild", directory=tmp_path, environ=urls)
    assert (first.code, first.err) == (0, "")
    assert "0 facts of the database and 4 of the log" in first.out
    await connection.execute("delete from runs")
    again = await penstock("rebuild", directory=tmp_path, environ=urls)
    assert "rebuilt from 4 facts of the database and 0 of the log" in again.out
    assert "verified: 1 runs are shown as their 4 facts say" in again.out
    assert "verified: 1 of 1 finished runs were read as users read them, 2 texts" in again.out
    assert await end_of(connection, "acme", RUN) is not None


async def test_a_rebuild_with_another_log_is_refused_with_what_to_do(
    connection: asyncpg.Connection, nats_url: str, database_url: str, tmp_path: Path
) -> None:
    log = MemoryLog(partitions=PARTITIONS)
    await log.put_flow(FLOW, BODY)
    desk = await writer(connection, log)
    await desk.write(by_partition([entry(Story("acme", RUN).requested(), 1)]))
    await provision(nats_url, partitions=PARTITIONS, pools=("local",))
    urls = {"NATS_URL": nats_url, "DATABASE_URL": database_url}
    refused = await penstock("rebuild", directory=tmp_path, environ=urls)
    assert refused.code == 1
    assert "penstock rebuild --new-log" in refused.err
    assert "Traceback" not in refused.err
    done = await penstock("rebuild", "--new-log", directory=tmp_path, environ=urls)
    assert (done.code, done.err) == (0, "")
    assert "given to the new log: 1 flow versions" in done.out
    assert "1 runs had not ended" in done.out
    async with connect(nats_url, name="test") as new:
        assert await new.get_flow(FLOW) == BODY


async def test_a_run_that_cannot_be_read_as_it_was_recorded_is_named(
    connection: asyncpg.Connection, nats_url: str, database_url: str, tmp_path: Path
) -> None:
    await provision(nats_url, partitions=PARTITIONS, pools=("local",))
    lacks_its_flow, says_otherwise = Story("acme", RUN), Story("acme", OTHER)
    async with connect(nats_url, name="test") as log:
        await log.put_flow(FLOW, BODY)
        for fact in (
            lacks_its_flow.requested().model_copy(update={"flow": "1" * 64}),
            lacks_its_flow.finished(),
            says_otherwise.requested(),
            says_otherwise.ready(),
            says_otherwise.completed(text="tea").model_copy(update={"output_sha256": "2" * 64}),
            says_otherwise.finished(),
        ):
            await log.append(fact)
    urls = {"NATS_URL": nats_url, "DATABASE_URL": database_url}
    ended = await penstock("rebuild", directory=tmp_path, environ=urls)
    assert ended.code == 1
    assert f"run {RUN} cannot be read as it was recorded: corrupt: expected flow" in ended.err
    assert f"run {OTHER} cannot be read as it was recorded: expected an output" in ended.err
