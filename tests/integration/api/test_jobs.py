"""Many runs stopped by one request: those that were meant, once, whichever api dies."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import asyncpg
import pytest

from services.api.jobs.cancelling import Canceller
from services.api.jobs.job_table import MOST_OPEN, Jobs
from services.api.jobs.worker import JobWorker
from shared.ledger.listing import Wanted, list_runs
from shared.ledger.pool import connect
from shared.log import Log
from shared.log.subjects import CANCEL
from tests.eventually import eventually
from tests.integration.api.many_runs import JOBS, job, started
from tests.integration.api.story import Service

CANCELS = "/api/v1/runs/cancel"


async def cancels(log: Log, run: str) -> int:
    return sum(e.rest == CANCEL for e in (await log.history("default", run)).entries)


async def test_the_runs_that_are_meant_are_asked_to_stop_and_no_others(
    projected: Service, log: Log
) -> None:
    service = projected
    wrong, right = await started(service, 3, "wrong"), await started(service, 2, "right")
    body = {"filter": {"tags": ["wrong"]}, "reason": "the wrong model"}
    told = await job(service, await service.http.post(CANCELS, json=body))
    assert (told["total"], told["done"], told["status"]) == (3, 3, "done")
    assert (told["requested_by"], told["reason"]) == ("settings", "the wrong model")
    assert [await cancels(log, run) for run in wrong] == [1, 1, 1]
    assert [await cancels(log, run) for run in right] == [0, 0]
    again = await job(service, await service.http.post(CANCELS, json=body))
    assert again["done"] == 0
    (deed, *_) = (await service.http.get("/api/v1/audit")).json()["items"]
    assert (deed["action"], deed["subject"]) == ("runs.cancelled", again["id"])


async def test_what_is_asked_for_after_the_job_goes_on(
    projected: Service, log: Log, database_url: str
) -> None:
    early = await started(projected, 1, "early")
    async with connect(database_url) as pool:
        await pool.execute(
            "insert into jobs (id, workspace, kind, filter, requested_by, total, held_until) "
            "values (gen_random_uuid(), 'default', 'cancel', '{}', 'ci', 1, 'infinity')"
        )
        late = await started(projected, 1, "late")
        await pool.execute("update jobs set held_until = '-infinity'")
        await eventually(lambda: cancels(log, early[0]))
        await eventually(partial(is_over, pool))
    assert await cancels(log, late[0]) == 0


async def is_over(pool: asyncpg.Pool) -> bool:
    return not await pool.fetchval("select exists (select from jobs where finished_at is null)")


async def test_another_goes_on_behind_the_last_page_that_was_noted(
    projected: Service, log: Log, database_url: str
) -> None:
    runs = await started(projected, 3, "left")
    async with connect(database_url) as pool:
        oldest = (await list_runs(pool, Wanted(workspace="default", oldest_first=True)))[0]
        await pool.execute(
            "insert into jobs (id, workspace, kind, filter, requested_by, total, done, place_at, "
            "place_run, held_by, held_until) values (gen_random_uuid(), 'default', 'cancel', '{}', "
            "'ci', 3, 1, $1, $2, 'a dead one', now() - interval '1 second')",
            *oldest.cursor,
        )
        await eventually(partial(is_over, pool))
        assert await pool.fetchval("select done from jobs") == 3
    assert {run: await cancels(log, run) for run in runs} == {
        run: int(run != oldest.run) for run in runs
    }


async def test_a_job_that_another_holds_is_left_to_it(log: Log, database_url: str) -> None:
    async with connect(database_url) as pool:
        await pool.execute(
            "insert into jobs (id, workspace, kind, filter, requested_by, total, held_by, "
            "held_until) values (gen_random_uuid(), 'default', 'cancel', '{}', 'ci', 1, 'another', "
            "now() + interval '1 hour')"
        )
        assert not await JobWorker(pool, Jobs(pool), {"cancel": Canceller(log)}).work()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_request"),
        ({"filter": {"status": ["completed"]}}, 422, "invalid_request"),
        ({"filter": {"tag": ["a"]}}, 422, "invalid_request"),
        ({"filter": {"pipeline_id": "p"}}, 404, "not_found"),
        ({"filter": {"metadata": {"a": "\0"}}}, 422, "invalid_request"),
    ],
)
async def test_a_job_that_cannot_be_is_refused(
    service: Service, body: dict[str, Any], status: int, code: str
) -> None:
    answer = await service.http.post(CANCELS, content=json.dumps(body), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


JSON = {"Content-Type": "application/json"}


async def test_a_workspace_has_only_so_many_jobs_under_way(
    service: Service, database_url: str
) -> None:
    async with connect(database_url) as pool:
        await pool.execute(
            "insert into jobs (id, workspace, kind, filter, requested_by, total, held_until) "
            "select gen_random_uuid(), 'default', 'cancel', '{}', 'ci', 1, 'infinity' "
            f"from generate_series(1, {MOST_OPEN})"
        )
    answer = await service.http.post(CANCELS, json={"filter": {}})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_jobs")
    assert (await service.http.get(f"{JOBS}/{NOBODYS}")).status_code == 404
    assert (await service.http.post(f"{JOBS}/{NOBODYS}/cancel")).status_code == 404


async def test_a_job_that_is_cancelled_goes_on_no_more(
    projected: Service, log: Log, database_url: str
) -> None:
    runs = await started(projected, 2, "spared")
    async with connect(database_url) as pool:
        held = await pool.fetchval(
            "insert into jobs (id, workspace, kind, filter, requested_by, total, held_until) "
            "values (gen_random_uuid(), 'default', 'cancel', '{}', 'ci', 2, 'infinity') "
            "returning id::text"
        )
        answer = await projected.http.post(f"{JOBS}/{held}/cancel")
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled"), answer.text
        assert answer.json()["cancelled_by"] == "settings"
        await pool.execute("update jobs set held_until = '-infinity'")
        other = await job(projected, await projected.http.post(CANCELS, json={"filter": NONE}))
        assert not await JobWorker(pool, Jobs(pool), {}).work()
    assert [await cancels(log, run) for run in runs] == [0, 0]
    again = await projected.http.post(f"{JOBS}/{held}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "job_over")
    (deed, *_) = (await projected.http.get("/api/v1/audit")).json()["items"][1:]
    assert (deed["action"], deed["subject"]) == ("job.cancelled", held)
    page = (await projected.http.get(JOBS, params={"limit": "1"})).json()
    rest = (await projected.http.get(JOBS, params={"cursor": page["next_cursor"]})).json()
    assert [each["id"] for each in page["items"] + rest["items"]] == [other["id"], held]
    assert rest["next_cursor"] is None


NONE = {"tags": ["none-has-this"]}
NOBODYS = "01951f6e-7a10-7000-8000-00000000dead"
