"""A fact nobody here understands holds up its own run, and no other."""

import asyncpg
import pytest

from services.projector.parked import look_again, take_up
from services.projector.verification import verify
from shared.ledger.runs import end_of, get_run
from shared.ledger.usage import usage_of
from shared.log.memory import MemoryLog
from shared.log.port import Entry
from shared.run import facts as f
from shared.run.content import MOST_COUNT, Usage
from shared.run.ending import cause_of_end
from shared.run.facts import Lifecycle
from shared.run.wire import encode
from tests.contract.story import Story
from tests.integration.projector.desk import tables, wipe, write
from tests.integration.projector.histories import PARTITIONS, entry

RUN = "019e0000-0000-7000-8000-000000000001"
OTHER = "019e0000-0000-7000-8000-000000000002"
ours, other = Story("acme", RUN), Story("acme", OTHER)
STRANGE = b'{"type":"run.paused","version":1}'
FACTS: tuple[Lifecycle, ...] = (
    ours.requested(),
    other.requested(),
    ours.started(),
    ours.ready(),
    other.finished(),
    ours.finished(),
)
KNOWN = [entry(fact, sequence) for sequence, fact in enumerate(FACTS, 1)]
LOG = [each._replace(data=STRANGE) if each.sequence == 3 else each for each in KNOWN]


async def test_a_run_with_a_fact_that_is_not_understood_is_parked_and_the_others_go_on(
    connection: asyncpg.Connection,
) -> None:
    for batches in ([LOG], [LOG[:3], LOG[3:]], [[each] for each in LOG]):
        await wipe(connection)
        await write(connection, batches)
        assert await end_of(connection, "acme", OTHER) is not None
        row = await get_run(connection, "acme", RUN)
        assert row is not None
        assert row.status == "pending"
        parked = await connection.fetchrow("select run_id::text, seq, reason from parked_runs")
        assert (parked["run_id"], parked["seq"]) == (RUN, 3)
        assert "run.paused" in parked["reason"]
        rows = await connection.fetch("select seq, type, data from facts order by seq")
        assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5, 6]
        assert (rows[2]["type"], rows[2]["data"]) == ("run.paused", STRANGE)


async def test_a_parked_run_is_taken_up_once_its_facts_are_understood(
    connection: asyncpg.Connection,
) -> None:
    await write(connection, [KNOWN])
    whole = await tables(connection)
    await wipe(connection)
    await write(connection, [LOG])
    log = MemoryLog(partitions=PARTITIONS)
    await take_up(connection, log, range(PARTITIONS))
    assert await connection.fetchval("select count(*) from parked_runs") == 1

    repaired = encode(ours.started(), KNOWN[2].time.isoformat())
    await connection.execute(
        "update facts set data = $1, type = 'run.started' where seq = 3", repaired
    )
    await take_up(connection, log, range(PARTITIONS))
    assert await tables(connection) == whole


async def test_a_fact_that_names_another_run_than_its_subject_parks_the_subject_s(
    connection: asyncpg.Connection,
) -> None:
    liar = KNOWN[4]._replace(data=KNOWN[5].data)
    await write(connection, [[*KNOWN[:2], liar]])
    assert await connection.fetchval("select run_id::text from parked_runs") == OTHER
    row = await get_run(connection, "acme", RUN)
    assert row is not None
    assert row.status == "pending"


@pytest.mark.parametrize("carefully", [False, True])
async def test_a_fact_that_postgres_refuses_parks_its_run_alone(
    connection: asyncpg.Connection, carefully: bool
) -> None:
    counted = ours.turn().model_copy(update={"usage": Usage(input_tokens=2**63)})
    facts = (*FACTS[:5], counted)
    entries = [entry(fact, sequence) for sequence, fact in enumerate(facts, 1)]
    await write(connection, [entries[:2], entries] if carefully else [entries])
    assert await end_of(connection, "acme", OTHER) is not None
    parked = await connection.fetchrow("select run_id::text, reason from parked_runs")
    assert parked["run_id"] == RUN
    assert "out of" in parked["reason"]
    await take_up(connection, MemoryLog(partitions=PARTITIONS), range(PARTITIONS))
    assert await connection.fetchval("select count(*) from parked_runs") == 1
    assert await connection.fetchval("select count(*) from facts") == len(facts)


async def test_sums_of_tokens_end_at_the_largest_count_there_is(
    connection: asyncpg.Connection,
) -> None:
    most = Usage(input_tokens=2**63 - 1)
    turns = (ours.turn(turn=n).model_copy(update={"usage": most}) for n in (1, 2))
    facts: list[Lifecycle] = [ours.requested(), ours.started(), *turns]
    await write(connection, [[entry(fact, n) for n, fact in enumerate(facts, 1)]])
    row = await get_run(connection, "acme", RUN)
    assert row is not None
    used = await usage_of(connection, [row])
    assert used[RUN].usage.input_tokens == MOST_COUNT
    assert most.plus(most).input_tokens == most.total_tokens() == MOST_COUNT


def ending(sequence: int) -> Entry:
    """The end that a person gave to the run."""
    return entry(
        f.RunFailed(workspace="acme", run=RUN, partition=ours.partition, error=cause_of_end(None)),
        sequence,
    )


async def test_a_parked_run_that_a_person_ended_is_shown_with_its_end_however_it_comes(
    connection: asyncpg.Connection,
) -> None:
    entries = [*LOG[:5], ending(6), KNOWN[3]._replace(sequence=7, rest="paused", data=STRANGE)]
    for batches in ([entries], [entries[:4], entries[4:]], [[each] for each in entries]):
        await wipe(connection)
        await write(connection, batches)
        assert await connection.fetchval("select count(*) from parked_runs") == 0
        row = await get_run(connection, "acme", RUN)
        assert row is not None
        assert (row.status, row.finished_sequence) == ("failed", 6)
        assert row.error is not None
        assert row.error["code"] == "ended_by_person"
        assert await connection.fetchval("select count(*) from steps") == 0
        assert (await verify(connection)).problems == []


async def test_an_end_counts_whatever_else_postgres_refuses(
    connection: asyncpg.Connection,
) -> None:
    counted = ours.turn().model_copy(update={"usage": Usage(input_tokens=2**63)})
    refused = entry(counted, 2)
    entries = [KNOWN[0], refused, ending(3)]
    for batches in ([entries], [entries[:2], entries[2:]]):
        await wipe(connection)
        await write(connection, batches)
        assert await connection.fetchval("select count(*) from parked_runs") == 0
        row = await get_run(connection, "acme", RUN)
        assert row is not None
        assert (row.status, row.finished_sequence) == ("failed", 3)


async def test_what_comes_behind_an_end_parks_nothing(connection: asyncpg.Connection) -> None:
    late = KNOWN[3]._replace(sequence=7, rest="paused", data=STRANGE)
    for batches in ([[*KNOWN, late]], [KNOWN, [late]]):
        await wipe(connection)
        await write(connection, batches)
        assert await connection.fetchval("select count(*) from parked_runs") == 0
        assert await connection.fetchval("select count(*) from facts") == 7


async def test_a_run_whose_beginning_is_not_understood_stays_parked_behind_its_end(
    connection: asyncpg.Connection,
) -> None:
    begun = KNOWN[0]._replace(data=STRANGE)
    await write(connection, [[begun], [ending(6)]])
    assert await connection.fetchval("select run_id::text from parked_runs") == RUN
    await connection.execute("update facts set data = $1 where seq = 1", KNOWN[0].data)
    look = await look_again(connection, MemoryLog(partitions=PARTITIONS), KNOWN[0].address)
    assert look.outcome == "released"
    row = await get_run(connection, "acme", RUN)
    assert row is not None
    assert row.status == "failed"
    look = await look_again(connection, MemoryLog(partitions=PARTITIONS), KNOWN[0].address)
    assert look.outcome == "not_parked"
