"""What all runs of a time used and cost: the same sums as run by run, however they are grouped."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import asyncpg
import pytest

from shared.ledger.listing import Wanted, list_runs
from shared.ledger.usage_report import GROUPINGS, Grouping, Item, usage_report
from shared.models import in_dollars
from shared.run import facts as f
from tests.integration.projector.desk import write
from tests.integration.projector.test_usage import OTHER, entries
from tests.unit.api.costs import COSTS, REQUESTED, Costing, completed, started, turn

DAY = timedelta(days=1)


async def reported(connection: asyncpg.Connection, *by: Grouping) -> list[Item]:
    """The report of the days on which all runs were asked for."""
    runs = await list_runs(connection, Wanted(workspace="acme"))
    created = [run.created_at for run in runs]
    report = await usage_report(connection, "acme", by, (min(created), max(created) + DAY))
    return report.items


@pytest.mark.parametrize("by", [(each,) for each in GROUPINGS] + [GROUPINGS])
@pytest.mark.parametrize("case", COSTS)
async def test_a_report_tells_the_cost_that_the_facts_tell(
    connection: asyncpg.Connection, case: str, by: tuple[Grouping, ...]
) -> None:
    await connection.execute("set time zone 'Pacific/Auckland'")
    await write(connection, [entries(COSTS[case])])
    costs = [item.used.micro_dollars for item in await reported(connection, *by)]
    known = [cost for cost in costs if cost is not None]
    told = in_dollars(sum(known, Decimal())) if len(known) == len(costs) and costs else None
    assert told == (COSTS[case].cost_usd if costs else None)


async def test_a_report_is_by_all_that_is_asked(connection: asyncpg.Connection) -> None:
    asked = REQUESTED.model_copy(update={"pipeline_id": "p", "pipeline_name": "Haiku"})
    facts: list[f.Lifecycle] = [started(), turn(1, output_tokens=2), completed(output_tokens=2)]
    other = [each.model_copy(update={"run": OTHER}) for each in (asked, *facts)]
    await write(connection, [entries(Costing([*facts, *other], None))])
    (day,) = await reported(connection, "day")
    assert day.used.usage.output_tokens == 4
    assert day.kind.day is not None
    assert day.kind[1:] == (None, None, None)
    by_pipeline = {item.kind.pipeline: item for item in await reported(connection, "pipeline")}
    assert by_pipeline.keys() == {"p", None}
    assert by_pipeline["p"].pipeline_name == "Haiku"
    assert {item.used.usage.output_tokens for item in by_pipeline.values()} == {2}
    (agent,) = await reported(connection, "agent", "model")
    assert agent.kind.agent is not None
    assert agent.kind.model is not None


async def test_a_report_is_of_its_time_and_its_workspace(connection: asyncpg.Connection) -> None:
    facts: list[f.Lifecycle] = [REQUESTED, started(), turn(1, output_tokens=2)]
    await write(connection, [entries(Costing(facts, None))])
    (run,) = await list_runs(connection, Wanted(workspace="acme"))
    at = run.created_at
    for workspace, times, found in (
        ("acme", (at, at + DAY), 1),
        ("acme", (at - DAY, at), 0),
        ("acme", (at + DAY, at + 2 * DAY), 0),
        ("other", (at, at + DAY), 0),
    ):
        report = await usage_report(connection, workspace, ["day"], times)
        assert (len(report.items), report.left_out) == (found, 0)
