"""Runs that are over and have left the log: the same answers, from Postgres."""

import json

import pytest

from shared.log import Log
from tests.eventually import eventually
from tests.integration.api.story import Service, Story
from tests.integration.api.test_events import STREAM, read


async def listed(service: Service, query: str = "") -> list[str]:
    page = (await service.http.get(f"/api/v1/runs?{query}")).json()
    return [run["run_id"] for run in page["items"]]


async def forget(log: Log, run: str) -> None:
    """What the projector does an hour after a run's end."""
    await log.delete([entry.sequence for entry in await log.read_on("default", run, after=0)])


async def test_a_run_that_has_left_the_log_is_told_as_before(projected: Service, log: Log) -> None:
    run = await projected.run(input="tea " * 20_000)
    await Story(log, run).whole()
    fresh, resumed = await read(projected, run), await read(projected, run, "?after=0")
    view = (await projected.http.get(f"/api/v1/runs/{run}")).json()
    await eventually(lambda: is_listed(projected, run, "completed"))
    projected_too = await read(projected, run, "?after=0")
    assert projected_too == resumed
    await forget(log, run)
    again = (await projected.http.get(f"/api/v1/runs/{run}")).json()
    assert {**again, "events_url": ""} == {**view, "events_url": ""}
    assert await read(projected, run) == fresh
    assert await read(projected, run, f"?after={fresh[2].id}") == fresh[3:]
    past = await projected.http.get(
        f"/api/v1/runs/{run}/events?after={fresh[-1].id}", headers=STREAM
    )
    assert past.status_code == 204
    late = await projected.http.post(f"/api/v1/runs/{run}/cancel")
    assert late.status_code == 409
    body = await projected.http.get(view["input"]["url"])
    assert body.text == "tea " * 20_000


async def test_a_run_that_is_over_is_told_the_same_in_however_many_pieces(
    projected: Service, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await projected.run()
    await Story(log, run).whole()
    await eventually(lambda: is_listed(projected, run, "completed"))
    await forget(log, run)
    whole, rest = await read(projected, run), await read(projected, run, "?after=1")
    monkeypatch.setattr("services.api.history.run_history.PIECE_BYTES", 1)
    monkeypatch.setattr("services.api.live.run_events.REST_PAGE", 1)
    assert await read(projected, run) == whole
    assert await read(projected, run, "?after=1") == rest
    assert (whole[0].event, whole[-1].event) == ("run.requested", "end")
    pages, after = [], 0
    while after is not None:
        url = f"/api/v1/runs/{run}/events?limit=2&after={after}"
        page = (await projected.http.get(url, headers={"Accept": "application/json"})).json()
        pages += page["items"]
        after = page["next_after"]
    assert [item["id"] for item in pages] == [int(frame.id) for frame in whole[:-1]]


async def is_listed(service: Service, run: str, status: str) -> bool:
    return run in await listed(service, f"status={status}")


async def test_runs_are_listed_newest_first_in_pages(projected: Service, log: Log) -> None:
    runs = [await projected.run() for _ in range(5)]
    await Story(log, runs[0]).whole()
    await eventually(lambda: is_listed(projected, runs[0], "completed"))
    await eventually(lambda: is_listed(projected, runs[4], "pending"))
    found: list[str] = []
    query = "limit=2"
    while True:
        page = (await projected.http.get(f"/api/v1/runs?{query}")).json()
        found += [run["run_id"] for run in page["items"]]
        if page["next_cursor"] is None:
            break
        query = f"limit=2&cursor={page['next_cursor']}"
    assert found == runs[::-1]
    assert await listed(projected, "status=completed") == [runs[0]]
    assert await listed(projected, f"id_prefix={runs[3][:-1].upper()}") == [
        run for run in runs if run[:-1] == runs[3][:-1]
    ]


async def test_a_history_without_its_request_is_not_used(projected: Service, log: Log) -> None:
    run = await projected.run()
    await Story(log, run).whole()
    await eventually(lambda: is_listed(projected, run, "completed"))
    entries = await log.read_on("default", run, after=0)
    await log.delete([entries[0].sequence])
    view = (await projected.http.get(f"/api/v1/runs/{run}")).json()
    assert view["status"] == "completed"
    frames = await read(projected, run)
    assert json.loads(frames[0].data)["type"] == "run.requested"
