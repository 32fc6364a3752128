"""kill -9 of a worker whose agent calls tools: the same as by hand, with fewer kills."""

from __future__ import annotations

from tests.acceptance.killed_tools import judge, killed

KILLS = 4


async def test_tools_are_called_by_their_policies_while_their_worker_is_killed() -> None:
    report, shop = await killed(KILLS, seed=7)
    assert report.kills == KILLS
    assert report.executions > KILLS
    judge(report, shop)
