"""The read model can be dropped: the facts make it again."""

from random import Random

import asyncpg

from services.projector.rebuild import Progress, rebuild_from
from services.projector.upserts import READ_MODEL
from shared.ledger.facts import positions
from shared.ledger.runs import finished, get_run
from shared.log.memory import MemoryLog
from tests.contract.story import Story
from tests.integration.projector.desk import cut, tables, write
from tests.integration.projector.histories import PARTITIONS, lives

RUN = "019e0000-0000-7000-8000-000000000001"


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
    done = await rebuild_from(database_url, log, report=said.append)
    assert await tables(connection) == before
    assert done == said[-1] == Progress(len(history), len(history))


async def test_a_rebuild_reads_the_log_on_when_nobody_else_does(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, run = MemoryLog(partitions=PARTITIONS), Story("acme", RUN)
    for fact in (run.requested(), run.started(), run.finished()):
        await log.append(fact)
    await rebuild_from(database_url, log)
    assert await finished(connection, "acme", RUN) == "completed"


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
