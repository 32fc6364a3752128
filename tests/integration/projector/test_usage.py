"""What runs used and cost, as the read model has it: what their facts say, however it is asked."""

from __future__ import annotations

import asyncpg
import pytest

from services.projector.rebuild import rebuild_from
from shared.ledger.listing import Wanted, list_runs
from shared.ledger.usage import usage_of
from shared.log.memory import MemoryLog
from shared.log.port import Entry
from shared.log.subjects import address_of, rest_of
from shared.models import in_dollars
from shared.run import facts as f
from shared.run.content import Usage
from shared.run.wire import encode
from tests.integration.projector.desk import wipe, write
from tests.integration.projector.histories import PARTITIONS
from tests.unit.api.costs import COSTS, REQUESTED, RUN, Costing, completed, started, turn

OTHER = "019e0000-0000-7000-8000-000000000002"
IDLE = "019e0000-0000-7000-8000-000000000003"


def entries(costing: Costing) -> list[Entry]:
    """The facts as a log holds them."""
    return [
        Entry(each.sequence, address_of(fact), rest_of(fact), encode(fact, "now"), each.time)
        for each in costing.recorded
        for fact in (each.fact,)
    ]


async def cost_of(connection: asyncpg.Connection) -> str | None:
    runs = await list_runs(connection, Wanted(workspace="acme"))
    used = (await usage_of(connection, runs)).get(RUN)
    return in_dollars(used.micro_dollars) if used else "0.000000"


@pytest.mark.parametrize("case", COSTS)
async def test_a_list_tells_the_cost_that_the_facts_tell(
    connection: asyncpg.Connection, case: str
) -> None:
    await connection.execute("set time zone 'Pacific/Auckland'")
    log = entries(COSTS[case])
    await write(connection, [log])
    assert await cost_of(connection) == COSTS[case].cost_usd
    await wipe(connection)
    await write(connection, [[each] for each in log])
    assert await cost_of(connection) == COSTS[case].cost_usd


async def test_a_rebuilt_read_model_tells_the_same_cost(
    connection: asyncpg.Connection, database_url: str
) -> None:
    case = COSTS["a call cut short behind turns"]
    await write(connection, [entries(case)])
    log = MemoryLog(partitions=PARTITIONS)
    await connection.execute(
        "update positions set stream_created = $1", (await log.about()).created
    )
    await connection.execute("delete from usage")
    assert await cost_of(connection) == "0.000000"
    await rebuild_from(database_url, log)
    assert await cost_of(connection) == case.cost_usd


async def test_many_runs_are_asked_about_at_once_and_each_is_told_its_own(
    connection: asyncpg.Connection,
) -> None:
    facts: list[f.Lifecycle] = [started(), turn(1, output_tokens=2), completed(output_tokens=2)]
    asked: list[f.Lifecycle] = [REQUESTED, *facts[:2]]
    other = [each.model_copy(update={"run": OTHER}) for each in asked]
    idle = REQUESTED.model_copy(update={"run": IDLE})
    log = entries(Costing([*facts, *other, idle], None))
    await write(connection, [log])
    used = await usage_of(connection, await list_runs(connection, Wanted(workspace="acme")))
    assert used.keys() == {RUN, OTHER}
    assert {each.usage for each in used.values()} == {Usage(output_tokens=2)}
    assert {each.micro_dollars for each in used.values()} == {1}
