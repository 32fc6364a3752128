"""Many runs run again by one request: each that may be, once, within limits."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from typing import Any

from services.api.jobs.retrying import retry_id
from shared.ledger.listing import Wanted, list_runs
from shared.ledger.pool import connect
from shared.log import Log
from tests.eventually import eventually
from tests.integration.api.conftest import started as api_started
from tests.integration.api.many_runs import RUNS, job, started
from tests.integration.api.story import FLOW, Service, Story

RETRIES = f"{RUNS}/retry"


async def failed(service: Service, log: Log, count: int, tag: str) -> list[str]:
    """Runs that failed at their second step."""
    runs = await started(service, count, tag)
    for run in runs:
        await Story(log, run).begin()
        await Story(log, run).complete(0, "draft", "about tea")
        await Story(log, run).fail("too hot")
    query = {"tags": tag, "status": "failed", "limit": "200"}

    async def are_listed() -> bool:
        return len((await service.http.get(RUNS, params=query)).json()["items"]) == count

    await eventually(are_listed)
    return runs


async def retries(service: Service, tag: str) -> Counter[str]:
    """How often each run with the tag was run again, as lists show it."""
    page = (await service.http.get(RUNS, params={"tags": tag, "limit": "200"})).json()
    return Counter(
        each["forked_from"]["run"] for each in page["items"] if each["forked_from"] is not None
    )


async def test_runs_that_failed_are_run_again_once_each(projected: Service, log: Log) -> None:
    runs = await failed(projected, log, 13, "bad")
    others = await failed(projected, log, 1, "fine")
    told = await job(
        projected, await projected.http.post(RETRIES, json={"filter": {"tags": ["bad"]}})
    )
    assert (told["total"], told["done"], told["skipped"], told["failed"]) == (13, 13, 0, 0)
    assert (told["kind"], told["status"], told["waiting_for"]) == ("retry", "done", None)

    async def are_listed() -> bool:
        return await retries(projected, "bad") == dict.fromkeys(runs, 1)

    await eventually(are_listed)
    assert not await retries(projected, "fine"), others
    again = await job(
        projected, await projected.http.post(RETRIES, json={"filter": {"tags": ["bad"]}})
    )
    assert (again["done"], again["reasons"]) == (0, {"retried_before": 13})
    (deed, *_) = (await projected.http.get("/api/v1/audit")).json()["items"]
    assert (deed["action"], deed["subject"]) == ("runs.retried", again["id"])


async def test_two_jobs_at_once_leave_out_what_the_other_has_begun(
    projected: Service, log: Log, nats_url: str, database_url: str
) -> None:
    runs = await failed(projected, log, 12, "twice")
    body = {"filter": {"tags": ["twice"]}}
    async with api_started(nats_url, database_url):
        answers = await asyncio.gather(*(projected.http.post(RETRIES, json=body) for _ in range(2)))
        first, second = [await job(projected, each) for each in answers]
    assert first["done"] + second["done"] == 12
    assert {**first["reasons"], **second["reasons"]} == {"retried_before": 12}
    assert await retries(projected, "twice") == dict.fromkeys(runs, 1)


async def test_a_run_that_was_begun_before_its_page_was_noted_is_not_begun_twice(
    projected: Service, log: Log, database_url: str
) -> None:
    runs = await failed(projected, log, 3, "killed")
    body = {"filter": {"tags": ["killed"]}}
    told = await job(projected, await projected.http.post(RETRIES, json=body))
    async with connect(database_url) as pool:
        # As an api leaves it that is killed between the last retry and its note.
        await pool.execute(
            "update jobs set done = 0, place_at = null, place_run = null, finished_at = null, "
            "held_by = 'a dead one', held_until = now() - interval '1 second'"
        )

        async def is_done() -> bool:
            return bool(await pool.fetchval("select finished_at is not null from jobs"))

        await eventually(is_done)
        assert await pool.fetchval("select done from jobs") == 3
        ids = {retry_id(told["id"], run) for run in runs}
        await eventually(partial(are_listed, projected, ids))
    assert await retries(projected, "killed") == dict.fromkeys(runs, 1)


async def are_listed(service: Service, ids: set[str]) -> bool:
    page = (await service.http.get(RUNS, params={"limit": "200"})).json()
    return ids <= {each["run_id"] for each in page["items"]}


async def test_a_limit_of_the_workspace_is_waited_for_and_told(
    projected: Service, log: Log
) -> None:
    await failed(projected, log, 3, "slow")
    await projected.http.put("/api/v1/workspaces/default/limits", json={"runs_in_flight": 1})
    await eventually(partial(is_limited, projected))
    answer = await projected.http.post(RETRIES, json={"filter": {"tags": ["slow"]}})

    async def waits() -> dict[str, Any] | None:
        told: dict[str, Any] = (await projected.http.get(answer.headers["location"])).json()
        return told if told["waiting_for"] else None

    told = await eventually(waits)
    assert told["waiting_for"].startswith("runs_in_flight_limit: expected fewer than 1 runs")
    assert (told["status"], told["failed"]) == ("running", 0)
    await projected.http.put("/api/v1/workspaces/default/limits", json={})
    assert (await job(projected, answer))["done"] == 3
    assert set((await retries(projected, "slow")).values()) <= {1}


async def is_limited(service: Service) -> bool:
    """Whether a run is refused; one that is not takes the only place."""
    return (await service.http.post(RUNS, json={"flow": FLOW})).status_code == 429


async def test_what_may_not_be_run_again_is_left_out_with_why(
    projected: Service, log: Log, database_url: str
) -> None:
    (whole,) = await started(projected, 1, "mixed")
    await Story(log, whole).whole()
    (lives,) = await started(projected, 1, "mixed")
    (corrupt,) = await failed(projected, log, 1, "mixed")
    async with connect(database_url) as pool:
        # As lists may be behind; and a run whose flow nobody has.
        await pool.execute(
            "update runs set status = 'failed' where run_id = any($1::uuid[])", [lives]
        )
        await eventually(partial(is_whole, pool, whole))
        await pool.execute("update runs set status = 'failed' where run_id = $1", whole)
    told = await job(
        projected, await projected.http.post(RETRIES, json={"filter": {"tags": ["mixed"]}})
    )
    assert told["reasons"] == {"nothing_to_retry": 1, "run_not_over": 1}
    assert (told["done"], told["skipped"]) == (1, 2)
    assert set(await retries(projected, "mixed")) <= {corrupt}


async def is_whole(pool: Any, run: str) -> bool:
    (found,) = [
        each for each in await list_runs(pool, Wanted(workspace="default")) if each.run == run
    ]
    return found.status == "completed"


async def test_the_filter_is_of_runs_that_are_over(service: Service) -> None:
    for wrong in (
        {"filter": {"status": ["running"]}},
        {"filter": {"state": 1}},
        {},
        {"reason": ""},
    ):
        answer = await service.http.post(RETRIES, json=wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_ids_of_retries_are_like_no_others() -> None:
    one, other = "01951f6e-7a10-7000-8000-000000000009", "01951f6e-7a10-7000-8000-00000000000a"
    ids = {retry_id(job, run) for job in (one, other) for run in (one, other)}
    assert len(ids) == 4
    assert all(each.startswith("01951f6e-7a10-7") for each in ids)
