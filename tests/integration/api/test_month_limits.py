"""Limits of tokens and dollars a month, and of open event streams."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from shared.ledger.month import month_after, month_of
from shared.log import Log
from tests.eventually import eventually
from tests.integration.api.people import made, somebody
from tests.integration.api.story import AGENTS, FLOW, Service
from tests.integration.api.test_costs import FIRST, begin, take_turn
from tests.integration.api.test_limits import DEFAULT, limit, refusal

RUNS, FEED = "/api/v1/runs", "/api/v1/events"
NEARLY = "limits.nearly_used"


async def spent(service: Service, log: Log) -> dict[str, Any]:
    """What this month says once a run has used something."""
    run = await service.run(flow=AGENTS)
    await begin(log, run, 0)
    await take_turn(log, run, 0, FIRST)

    async def told() -> dict[str, Any] | None:
        month: dict[str, Any] = (await service.http.get(DEFAULT)).json()["this_month"]
        return month if month["tokens"] else None

    return await eventually(told)


async def warnings(service: Service) -> list[dict[str, Any]]:
    items = (await service.http.get("/api/v1/audit?limit=100")).json()["items"]
    return [item for item in items if item["action"] == NEARLY]


async def test_what_was_used_this_month_is_told_with_the_limits(
    projected: Service, log: Log
) -> None:
    month = await spent(projected, log)
    assert month["warned"] == []
    usage = (await projected.http.get("/api/v1/usage?group_by=model")).json()
    assert month["tokens"] == FIRST.total_tokens()
    assert month["cost_usd"] == usage["cost_usd"]
    assert datetime.fromisoformat(month["until"]) == month_after(datetime.now(UTC))


async def test_a_month_begins_and_ends_in_utc() -> None:
    late = datetime.fromisoformat("2026-12-31T23:30:00-02:00")
    assert month_of(late) == datetime(2027, 1, 1, tzinfo=UTC)
    assert month_after(late) == datetime(2027, 2, 1, tzinfo=UTC)
    assert month_after(datetime(2026, 12, 1, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", ["tokens_a_month", "cost_usd_a_month"])
async def test_of_most_of_a_limit_is_warned_once_and_nothing_is_refused(
    projected: Service, log: Log, name: str
) -> None:
    month = await spent(projected, log)
    used = month["tokens"] if name == "tokens_a_month" else month["cost_usd"]
    most = used + 1 if isinstance(used, int) else f"{float(used) + 0.000001:.6f}"
    await limit(projected, **{name: most})
    (warning,) = await eventually(lambda: warnings(projected))
    assert warning["details"]["limit"] == name
    assert (await projected.http.get(DEFAULT)).json()["this_month"]["warned"] == [name]
    assert (await projected.http.post(RUNS, json={"flow": FLOW})).status_code == 202
    assert len(await warnings(projected)) == 1


@pytest.mark.parametrize(
    ("name", "code"),
    [("tokens_a_month", "tokens_a_month_limit"), ("cost_usd_a_month", "cost_a_month_limit")],
)
async def test_who_has_used_the_month_is_refused_until_it_ends_or_the_limit_is_raised(
    projected: Service, log: Log, name: str, code: str
) -> None:
    month = await spent(projected, log)
    most = month["tokens"] if name == "tokens_a_month" else month["cost_usd"]
    runs = await projected.run()
    await limit(projected, **{name: most})
    problem = await refusal(projected)
    assert (problem["code"], problem["limit"]) == (code, str(most))
    answer = await projected.http.post(RUNS, json={"flow": FLOW})
    left = (month_after(datetime.now(UTC)) - datetime.now(UTC)).total_seconds()
    assert 0 <= int(answer.headers["retry-after"]) - left < 60
    assert (await projected.http.get(f"{RUNS}/{runs}")).json()["status"] == "pending"
    assert (await projected.http.put(DEFAULT, json={})).status_code == 200

    async def is_taken() -> bool:
        return (await projected.http.post(RUNS, json={"flow": FLOW})).status_code == 202

    await eventually(is_taken)


async def test_no_more_streams_of_a_workspace_are_open_than_may_be(service: Service) -> None:
    other = {"slug": "acme", "name": "Acme"}
    assert (await service.http.post("/api/v1/workspaces", json=other)).status_code == 201
    theirs = await made(service, "member", workspace="acme")
    await limit(service, readers=2)
    run = f"{RUNS}/{await service.run()}/events"
    async with AsyncExitStack() as stack:

        async def refused() -> httpx2.Response | None:
            """Opens one more stream, or tells how it was refused."""
            answer = await stack.enter_async_context(service.http.stream("GET", FEED))
            return answer if answer.status_code != 200 else None

        answer = await eventually(refused)
        await answer.aread()
        assert (answer.status_code, answer.json()["code"]) == (429, "readers_limit")
        assert answer.json()["limit"] == 2
        of_run = await service.http.get(run, headers={"accept": "text/event-stream"})
        assert (of_run.status_code, of_run.json()["code"]) == (429, "readers_limit")
        assert (await service.http.get(run)).status_code == 429
        pages = await service.http.get(run, headers={"accept": "application/json"})
        assert pages.status_code == 200
        async with somebody(service.url, theirs) as member, member.stream("GET", FEED) as let_in:
            assert let_in.status_code == 200

    async def is_let_in() -> bool:
        async with service.http.stream("GET", FEED) as opened:
            return opened.status_code == 200

    await eventually(is_let_in)
