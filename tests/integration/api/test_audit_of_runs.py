"""What was done to runs is in the audit, told from their facts: each once, with who did it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx2
import pytest

from services.api.people.audit import LINES
from shared.log import Log
from shared.log.subjects import partition_of
from shared.run import facts as f
from tests.eventually import eventually
from tests.integration.api.conftest import PARTITIONS
from tests.integration.api.people import logged_in, member
from tests.integration.api.story import Service, Story
from tests.integration.api.test_decisions import APPROVE, ASKING

AUDIT = "/api/v1/audit"
OF_RUNS = ("run.requested", "run.cancel_requested", "step.decided")


async def deeds(http: httpx2.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    """All deeds that a question finds, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        page = (await http.get(AUDIT, params=params)).raise_for_status().json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        params["cursor"] = page["next_cursor"]


@asynccontextmanager
async def asked(projected: Service, log: Log) -> AsyncIterator[tuple[str, Any, Any]]:
    """A run that Ada asked for, in which Ben decided, and that Ada told to stop."""
    ada, ben = await member(projected, "Ada", "admin"), await member(projected, "Ben", "member")
    async with (
        logged_in(projected.url, ada, "default") as hers,
        logged_in(projected.url, ben, "default") as his,
    ):
        answer = await hers.post("/api/v1/runs", json={"flow": ASKING, "input": "words"})
        run = answer.raise_for_status().json()["run_id"]
        story = Story(log, run)
        await story.begin()
        await story.complete(0, "draft", "x")
        await story.ask(1, "final", prompt="Fine?", timeout_seconds=60)
        (await his.post(f"/api/v1/runs/{run}/steps/1/decision", json=APPROVE)).raise_for_status()
        (await hers.post(f"/api/v1/runs/{run}/cancel")).raise_for_status()

        async def is_told() -> bool:
            return len([d for d in await deeds(hers) if d["subject"] == run]) == len(OF_RUNS)

        await eventually(is_told)
        yield run, hers, (ada, ben)


async def test_who_asked_for_a_run_decided_in_it_and_stopped_it_is_told_once(
    projected: Service, log: Log
) -> None:
    async with asked(projected, log) as (run, hers, (ada, ben)):
        told = [deed for deed in await deeds(hers) if deed["subject"] == run]
        assert [(each["action"], each["actor"], each["actor_name"]) for each in told] == [
            ("run.cancel_requested", ada.id, "Ada"),
            ("step.decided", ben.id, "Ben"),
            ("run.requested", ada.id, "Ada"),
        ]
        assert {each["workspace"] for each in told} == {"default"}
        assert told[1]["details"] == {"step": 1, "node": "final", "decision": "approve"}
        assert {each["address"] for each in told} == {None}


async def test_facts_that_are_copied_again_are_told_once(
    projected: Service, log: Log, database_url: str
) -> None:
    async with asked(projected, log) as (run, hers, _):
        before = await deeds(hers)
        connection = await asyncpg.connect(database_url)
        rows = await connection.fetch("select * from facts where run_id = $1", run)
        again = "insert into facts select * from facts where run_id = $1 on conflict do nothing"
        assert await connection.execute(again, run) == "INSERT 0 0"
        assert len(rows) >= len(OF_RUNS)
        await connection.close()
        assert await deeds(hers) == before


async def test_pages_and_lines_tell_the_same_in_the_same_order(
    projected: Service, log: Log
) -> None:
    async with asked(projected, log) as (_, hers, _):
        whole = await deeds(hers)
        assert await deeds(hers, limit=1) == whole
        times = [each["at"] for each in whole]
        assert times == sorted(times, reverse=True)
        assert {"run.requested", "member.added"} <= {each["action"] for each in whole}
        answer = await hers.get(AUDIT, headers={"accept": LINES})
        assert answer.headers["content-type"].startswith(LINES)
        assert [json.loads(line) for line in answer.text.splitlines()] == whole


async def test_deeds_are_found_by_their_kind_and_their_time(projected: Service, log: Log) -> None:
    async with asked(projected, log) as (_, hers, _):
        whole = await deeds(hers)
        for action in {*OF_RUNS, "member.added", "never.done"}:
            expected = [each for each in whole if each["action"] == action]
            assert await deeds(hers, action=action) == expected
        middle = whole[len(whole) // 2]["at"]
        late, early = await deeds(hers, since=middle), await deeds(hers, until=middle)
        assert late
        assert early
        assert [*late, *early] == whole


async def test_a_time_is_one_as_everywhere(service: Service) -> None:
    for odd in ("0.5", "1893456000", "2030-01-31", "2030-01-31T12:00:00"):
        for name in ("since", "until"):
            answer = await service.http.get(AUDIT, params={name: odd})
            assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter"), odd


async def test_another_workspace_and_a_list_of_all_do_not_tell_of_a_run(
    projected: Service, log: Log
) -> None:
    async with asked(projected, log) as (run, hers, _):
        own = await deeds(hers)
        # Looks at runs of others are told under /admin alone.
        every = await deeds(projected.http, everywhere="true")
        assert run not in {each["subject"] for each in every}
        assert {each["action"] for each in own} - {each["action"] for each in every} == set(OF_RUNS)
        made = {"slug": "acme", "name": "Acme"}
        (await projected.http.post("/api/v1/workspaces", json=made)).raise_for_status()
        there = {"X-Penstock-Workspace": "acme"}
        page = (await projected.http.get(AUDIT, headers=there)).json()
        assert run not in {each["subject"] for each in page.get("items", [])}


async def test_a_run_that_its_readers_left_was_stopped_by_nobody_in_person(
    projected: Service, log: Log
) -> None:
    run = await projected.run(flow=ASKING)
    ids = {"workspace": "default", "run": run, "partition": partition_of(run, PARTITIONS)}
    await log.append(f.RunCancelRequested(**ids, reason="its last reader left"))

    async def told() -> list[tuple[str, str]]:
        found = await deeds(projected.http, action="run.cancel_requested")
        return [(each["actor"], each["actor_name"]) for each in found]

    assert await eventually(told) == [("penstock", "penstock")]


@pytest.mark.parametrize("cursor", ["7", "1-x0", "1-a\x00"])
async def test_a_cursor_that_was_never_given_is_refused(service: Service, cursor: str) -> None:
    answer = await service.http.get(AUDIT, params={"cursor": cursor})
    assert answer.status_code == 400
