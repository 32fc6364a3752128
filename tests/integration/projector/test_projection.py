"""What the projector writes is a function of the facts: of nothing else, and of each once."""

from random import Random

import asyncpg
import pytest

from services.projector.positions import Overtaken
from shared.ledger.runs import end_of, get_run
from shared.ledger.steps import steps_of
from shared.ledger.usage import usage_of
from shared.log.port import Entry
from shared.run import facts as f
from shared.run.content import Cause, Usage
from tests.contract.story import Story
from tests.integration.projector.comparison import differences
from tests.integration.projector.desk import cut, tables, wipe, write, writer
from tests.integration.projector.histories import (
    Life,
    by_partition,
    entry,
    flow_with_everything,
    lives,
)

RUN = "019e0000-0000-7000-8000-000000000001"
OTHER = "019e0000-0000-7000-8000-000000000002"


def entries(*facts: f.Lifecycle, after: int = 0) -> list[Entry]:
    """The facts as a log holds them."""
    return [entry(fact, sequence) for sequence, fact in enumerate(facts, after + 1)]


@pytest.mark.parametrize("seed", range(8))
async def test_any_cut_of_a_history_into_batches_gives_the_same_rows(
    connection: asyncpg.Connection, seed: int
) -> None:
    _, log = lives(seed)
    await write(connection, [log])
    whole = await tables(connection)
    for again in range(4):
        await wipe(connection)
        await write(connection, cut(log, Random(again)))
        assert await tables(connection) == whole


@pytest.mark.parametrize("seed", range(8))
async def test_the_read_model_equals_the_fold_of_the_facts(
    connection: asyncpg.Connection, seed: int
) -> None:
    flow, log = lives(seed)
    for batch in cut(log, Random(seed)):
        await write(connection, [batch])
        until = batch[-1].sequence
        for run in {each.address.run for each in batch}:
            told = [e for e in log if e.address.run == run and e.sequence <= until]
            assert await differences(connection, "acme", run, flow, told) == []


@pytest.mark.parametrize("seed", range(4))
async def test_reading_again_from_an_older_position_changes_nothing(
    connection: asyncpg.Connection, seed: int
) -> None:
    _, log = lives(seed)
    await write(connection, cut(log, Random(seed)))
    before = await tables(connection)
    back = Random(seed).randrange(len(log) // 2)
    for again in cut(log[back:], Random(seed + 1)):
        await connection.execute("update positions set seq = $1", again[0].sequence - 1)
        await write(connection, [again])
    assert await tables(connection) == before


async def test_who_is_overtaken_changes_nothing(
    connection: asyncpg.Connection, database_url: str
) -> None:
    _, log = lives(1)
    slow, fast = await writer(connection), await writer(connection)
    await fast.write(by_partition(log[:50]))
    before = await tables(connection)
    with pytest.raises(Overtaken):
        await slow.write(by_partition(log[:70]))
    assert await tables(connection) == before


async def test_a_fact_after_the_end_is_stored_and_its_tokens_count_but_it_changes_nothing(
    connection: asyncpg.Connection,
) -> None:
    run = Story("acme", RUN)
    spent = run.completed(text="late").model_copy(update={"usage": Usage(output_tokens=7)})
    log = entries(run.requested(), run.started(), run.ready(), run.finished(), run.retry(), spent)
    for batches in ([log], [log[:4], log[4:]], [[each] for each in log]):
        await wipe(connection)
        await write(connection, batches)
        assert await end_of(connection, "acme", RUN) is not None
        assert [s.status for s in await steps_of(connection, "acme", RUN)] == ["cancelled"]
        row = await get_run(connection, "acme", RUN)
        assert row is not None
        assert (await usage_of(connection, [row]))[RUN].usage.output_tokens == 7
        assert await connection.fetchval("select count(*) from facts") == len(log)


async def test_a_run_without_its_request_is_stored_and_shown_nowhere(
    connection: asyncpg.Connection,
) -> None:
    run = Story("acme", RUN)
    log = entries(run.cancel(), run.started(), run.ready(), run.completed())
    await write(connection, [log[:2], log[2:]])
    written = await tables(connection)
    assert [name for name, rows in written.items() if rows] == ["facts"]


async def test_what_came_before_the_request_never_counts(connection: asyncpg.Connection) -> None:
    run = Story("acme", RUN)
    log = entries(run.cancel(), run.ready(), run.requested(), run.started())
    for batches in ([log], [log[:2], log[2:]], [[each] for each in log]):
        await wipe(connection)
        await write(connection, batches)
        row = await get_run(connection, "acme", RUN)
        assert row is not None
        assert (row.status, row.cancel_requested_at) == ("running", None)
        assert await steps_of(connection, "acme", RUN) == []


async def test_a_subject_opened_again_by_deletion_keeps_its_first_fact(
    connection: asyncpg.Connection,
) -> None:
    run = Story("acme", RUN)
    log = entries(run.requested(), run.started(), run.finished(), run.started())
    await write(connection, [log[:3], log[3:]])
    rows = await connection.fetch("select seq from facts where rest = 'started'")
    assert [row["seq"] for row in rows] == [2]


async def test_a_nul_in_a_model_s_words_is_no_obstacle(connection: asyncpg.Connection) -> None:
    run = Story("acme", RUN)
    broken = f.RunFailed(
        workspace="acme", run=RUN, partition=0, error=Cause(code="x", message="a\0b \\u0000")
    )
    await write(connection, [entries(run.requested(), broken)])
    row = await get_run(connection, "acme", RUN)
    assert row is not None
    assert row.error is not None
    assert row.error["message"] == "a\ufffdb \\u0000"


async def test_a_message_that_is_no_fact_of_any_run_is_passed_over(
    connection: asyncpg.Connection,
) -> None:
    odd = Story("acme", "not-a-uuid")
    run = Story("acme", RUN)
    await write(connection, [entries(odd.requested(), run.requested())])
    assert await get_run(connection, "acme", RUN) is not None
    assert await connection.fetchval("select count(*) from facts") == 1


async def test_runs_of_a_flow_with_everything_reach_all_ends() -> None:
    flow, chance = flow_with_everything(), Random(5)
    lasts = [Life(flow, chance).lived() for _ in range(60)]
    ends = {fact.type for facts in lasts for fact in facts[-2:] if isinstance(fact, f.RunEnded)}
    kinds = {fact.type for facts in lasts for fact in facts}
    assert ends == {"run.completed", "run.failed", "run.cancelled"}
    assert {"step.skipped", "step.due", "step.released", "step.retry_scheduled"} <= kinds
