"""Limits of a workspace: who sets and reads them, what is refused, and that they are noted."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx2

from services.api.people.limit_table import Limits
from shared.ledger.pool import opened
from shared.log import Log
from shared.log.queues import MOST_LIMITED
from shared.run.facts import RunRequested
from tests.eventually import eventually
from tests.integration.api.people import made, somebody
from tests.integration.api.story import FLOW, Service, Story

DEFAULT = "/api/v1/workspaces/default/limits"
NONE = dict.fromkeys(Limits._fields)
NOTHING = {"runs_in_flight": 0, "runs_a_minute": 0, "stored_bytes": 0, "steps_in_flight": None}

WRONG = (
    {"tokens_a_month": 0},
    {"cost_usd_a_month": 7},
    {"cost_usd_a_month": "1.0000001"},
    {"readers": 0},
)


async def told(service: Service, path: str = DEFAULT) -> dict[str, Any]:
    """The limits of a workspace, without what is used."""
    answer: dict[str, Any] = (await service.http.get(path)).raise_for_status().json()
    assert answer.keys() == {*NONE, "this_month", "workspace", "used"}
    return {name: answer[name] for name in NONE}


async def limit(service: Service, **limits: object) -> None:
    """Set the limits of `default`."""
    answer = await service.http.put(DEFAULT, json=limits)
    assert (answer.status_code, told_by(answer)) == (200, {**NONE, **limits})


def told_by(answer: httpx2.Response) -> dict[str, Any]:
    """The limits, without what is used of them."""
    told: dict[str, Any] = answer.json()
    assert told.pop("this_month")
    return told


async def refusal(service: Service) -> dict[str, Any]:
    """Ask for runs until one is refused; how."""
    problem, _ = await refusal_behind(service)
    return problem


async def refusal_behind(service: Service) -> tuple[dict[str, Any], list[str]]:
    """Ask for runs until one is refused: how, and the runs that were taken before it."""
    taken: list[str] = []

    async def refused() -> dict[str, Any] | None:
        answer = await service.http.post("/api/v1/runs", json={"flow": FLOW})
        if answer.status_code == 202:
            taken.append(answer.json()["run_id"])
            return None
        assert answer.status_code == 429, answer.text
        problem: dict[str, Any] = answer.json()
        assert int(answer.headers["retry-after"]) > 0
        return problem

    return await eventually(refused), taken


async def test_a_workspace_has_no_limits_until_some_are_set(service: Service) -> None:
    assert await told(service) == NONE
    await limit(service, runs_in_flight=7)
    await limit(service, runs_a_minute=9)
    assert await told(service) == {**NONE, "runs_a_minute": 9}


async def test_what_was_set_by_whom_is_in_the_audit_with_it(service: Service) -> None:
    await limit(service, runs_in_flight=7)
    (newest,) = (await service.http.get("/api/v1/audit?limit=1")).json()["items"]
    assert (newest["action"], newest["subject"]) == ("limits.set", "default")
    assert newest["details"] == {**NONE, "runs_in_flight": 7}


async def test_an_admin_reads_the_limits_of_its_own_workspace_and_sets_none(
    service: Service,
) -> None:
    other = {"slug": "acme", "name": "Acme"}
    assert (await service.http.post("/api/v1/workspaces", json=other)).status_code == 201
    async with somebody(service.url, await made(service, "admin")) as admin:
        assert (await admin.get(DEFAULT)).status_code == 200
        assert (await admin.get("/api/v1/workspaces/acme/limits")).status_code == 404
        assert (await admin.put(DEFAULT, json={})).status_code == 403
    assert await told(service, "/api/v1/workspaces/acme/limits") == NONE
    for answer in (
        await service.http.get("/api/v1/workspaces/nobodys/limits"),
        await service.http.put("/api/v1/workspaces/nobodys/limits", json={}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_limits_that_are_none_are_refused(service: Service) -> None:
    for wrong in (
        {"runs_in_flight": 0},
        {"runs_a_minute": -1},
        {"runs": 3},
        {"stored_bytes": "x"},
        *WRONG,
    ):
        answer = await service.http.put(DEFAULT, json=wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_no_more_runs_are_in_flight_than_may_be_until_one_has_ended(
    projected: Service, log: Log
) -> None:
    await limit(projected, runs_in_flight=3)
    problem, taken = await refusal_behind(projected)
    assert (problem["code"], problem["limit"]) == ("runs_in_flight_limit", 3)
    for run in taken:
        await Story(log, run).whole()

    async def is_taken() -> bool:
        answer = await projected.http.post("/api/v1/runs", json={"flow": FLOW})
        return answer.status_code == 202

    await eventually(is_taken)


async def test_no_more_runs_are_taken_in_a_minute_than_may_be(service: Service) -> None:
    await limit(service, runs_a_minute=4)
    problem = await refusal(service)
    assert (problem["code"], problem["limit"]) == ("run_rate_limit", 4)


async def test_a_burst_at_one_api_gets_no_further_than_the_limit(service: Service) -> None:
    await limit(service, runs_a_minute=20)
    await refusal(service)
    await limit(service, runs_a_minute=40)

    async def is_raised() -> bool:
        return (await service.http.post("/api/v1/runs", json={"flow": FLOW})).status_code == 202

    await eventually(is_raised)
    asked = [service.http.post("/api/v1/runs", json={"flow": FLOW}) for _ in range(40)]
    statuses = [answer.status_code for answer in await asyncio.gather(*asked)]
    assert statuses.count(202) < 40
    assert set(statuses) == {202, 429}


async def test_another_workspace_is_not_concerned(service: Service) -> None:
    other = {"slug": "acme", "name": "Acme"}
    assert (await service.http.post("/api/v1/workspaces", json=other)).status_code == 201
    await limit(service, runs_in_flight=1)
    await refusal(service)
    token = await made(service, "member", workspace="acme")
    async with somebody(service.url, token) as member:
        for _ in range(3):
            answer = await member.post("/api/v1/runs", json={"flow": FLOW})
            assert answer.status_code == 202


async def test_steps_in_flight_are_limited_in_pools_that_there_are(service: Service) -> None:
    await limit(service, steps_in_flight={"default": 4, "local": 2})
    assert (await told(service))["steps_in_flight"] == {"default": 4, "local": 2}
    wrong: list[object] = [{"default": 0}, {"default": 1.5}, {}, {"gpu": 4}, 4, {"default": 10**9}]
    for steps in wrong:
        answer = await service.http.put(DEFAULT, json={"steps_in_flight": steps})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), steps
    answer = await service.http.put(DEFAULT, json={"steps_in_flight": {"gpu": 4}})
    assert "default, local" in answer.text
    answer = await service.http.put(DEFAULT, json={"steps_in_flight": {"": 4}})
    assert answer.json()["problems"][0]["found"] == 'the text ""'


async def test_as_many_workspaces_may_be_limited_in_steps_as_there_are_queues(
    service: Service,
) -> None:
    for number in range(MOST_LIMITED):
        await limited(service, f"w{number}")
    answer = await service.http.put(DEFAULT, json={"steps_in_flight": {"default": 4}})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_queue_left")
    again = {"steps_in_flight": {"default": 5}}
    changed = await service.http.put("/api/v1/workspaces/w0/limits", json=again)
    assert changed.status_code == 200
    assert (await service.http.put("/api/v1/workspaces/w0/limits", json={})).status_code == 200
    await limit(service, steps_in_flight={"default": 4})


async def test_limits_that_are_set_at_once_take_no_more_queues_than_there_are(
    service: Service,
) -> None:
    slugs = [f"w{number}" for number in range(MOST_LIMITED + 8)]
    for slug in slugs:
        await new_workspace(service, slug)
    answers = await asyncio.gather(*(limited_in_steps(service, slug) for slug in slugs))
    assert Counter(each.status_code for each in answers) == {200: MOST_LIMITED, 409: 8}
    refused = {each.json()["code"] for each in answers if each.status_code == 409}
    assert refused == {"no_queue_left"}


async def limited(service: Service, slug: str) -> None:
    """A new workspace with a limit of steps."""
    await new_workspace(service, slug)
    assert (await limited_in_steps(service, slug)).status_code == 200


async def new_workspace(service: Service, slug: str) -> None:
    made = await service.http.post("/api/v1/workspaces", json={"slug": slug, "name": slug})
    assert made.status_code == 201, made.text


async def limited_in_steps(service: Service, slug: str) -> httpx2.Response:
    """What is answered to such a limit."""
    limits = {"steps_in_flight": {"default": 4}}
    return await service.http.put(f"/api/v1/workspaces/{slug}/limits", json=limits)


async def test_limited_workspaces_are_listed_with_what_they_use(service: Service) -> None:
    for slug in ("b", "a", "c"):
        await limited(service, slug)
    assert (await service.http.put("/api/v1/workspaces/c/limits", json={})).status_code == 200
    page = (await service.http.get("/api/v1/limits?limit=1")).json()
    (first,) = page["items"]
    assert first.pop("this_month")["tokens"] == 0
    assert first == {
        **NONE,
        "steps_in_flight": {"default": 4},
        "workspace": "a",
        "used": NOTHING,
    }
    rest = (await service.http.get(f"/api/v1/limits?cursor={page['next_cursor']}")).json()
    assert [each["workspace"] for each in rest["items"]] == ["b"]
    assert rest["next_cursor"] is None


async def test_a_run_names_its_workspaces_queue_once_that_is_ready(
    service: Service, log: Log, database_url: str
) -> None:
    async with opened(database_url) as connection:
        add = "insert into work_queues (queue, workspace, after_sequence) values ($1, $2, 0)"
        await connection.execute(add, "limited3", "default")
        assert await queue_of_a_run(service, log) == "shared"
        await connection.execute("update work_queues set ready_at = now()")
        await eventually(lambda: is_named(service, log, "limited3"))
        assert await queue_of_a_run(service, log, priority="batch") == "batch-limited3"
        await connection.execute("update work_queues set leaving_at = now()")
        await eventually(lambda: is_named(service, log, "shared"))


async def is_named(service: Service, log: Log, queue: str) -> bool:
    return await queue_of_a_run(service, log) == queue


async def queue_of_a_run(service: Service, log: Log, **more: str) -> str:
    answer = await service.http.post("/api/v1/runs", json={"flow": FLOW, **more})
    run = answer.raise_for_status().json()["run_id"]
    (entry, *_) = (await log.history("default", run)).entries
    fact = entry.recorded().fact
    assert isinstance(fact, RunRequested)
    assert (await service.http.get(f"/api/v1/runs/{run}")).json()["priority"] == more.get(
        "priority", "interactive"
    )
    return fact.queue
