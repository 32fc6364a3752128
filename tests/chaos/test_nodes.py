"""Three NATS nodes: whatever each leads, killed and frozen under load, twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.acceptance.nodes import LEADERS, Mishap, befall, load
from tests.acceptance.three_nodes import three_nodes
from tests.acceptance.users import Report
from tests.servers import PostgresServer, own_folder


@pytest.mark.parametrize("turn", [1, 2])
async def test_runs_and_readers_outlive_every_leader(
    turn: int, postgres_server: PostgresServer, record_property: Callable[[str, object], None]
) -> None:
    report = Report()
    with own_folder() as folder:
        async with three_nodes(postgres_server, folder) as nodes, load(nodes, report):
            for leads in LEADERS:
                await befall(nodes, report, Mishap(leads, "kill"))
                await befall(nodes, report, Mishap(leads, "freeze"))
                record_property(leads, report.lap())
    assert report.ended == report.accepted > 0, report
    assert not +report.faults, report
