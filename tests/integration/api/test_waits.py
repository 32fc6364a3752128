"""What runs wait for, over HTTP: of one run, by its ticket, and of a whole page of a list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared.log import Log
from tests.eventually import eventually
from tests.integration.api.story import AGENTS, Service, Story

ASK: dict[str, Any] = {
    "nodes": [{"id": "ok", "type": "approval", "data": {"label": "Publish?"}}],
    "edges": [],
}
SOON = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")


async def listed(service: Service) -> dict[str, dict[str, Any] | None]:
    """What each run of the list waits for."""
    page = (await service.http.get("/api/v1/runs")).json()
    return {run["run_id"]: run["waiting_for"] for run in page["items"]}


async def alone(service: Service, run: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = (await service.http.get(f"/api/v1/runs/{run}")).json()[
        "waiting_for"
    ]
    return found


async def test_a_list_says_of_each_run_what_the_run_itself_says(
    projected: Service, log: Log
) -> None:
    asks = await projected.run(flow=ASK)
    story = Story(log, asks)
    await story.begin_run()
    await story.ask(0, "ok", timeout_seconds=60)
    queued = await projected.run(flow=AGENTS)
    await Story(log, queued).begin_run()
    await Story(log, queued).ready(0, "draft", "default")
    retried = await projected.run(flow=AGENTS)
    await Story(log, retried).begin_run()
    await Story(log, retried).ready(0, "draft", "default")
    await Story(log, retried).start(0, "draft")
    await Story(log, retried).break_down(0, "draft", "no room")
    await Story(log, retried).try_again(0, "draft", 30.0)
    works = await projected.run(flow=AGENTS)
    await Story(log, works).begin_run()
    await Story(log, works).ready(0, "draft", "default")
    await Story(log, works).start(0, "draft")
    later = await projected.run(flow=AGENTS, start_at=SOON)
    over = await projected.run()
    await Story(log, over).whole()
    kinds = {asks: "person", queued: "worker", retried: "timer", later: "timer"}

    async def all_told() -> bool:
        told = await listed(projected)
        return told == {run: await alone(projected, run) for run in (*kinds, works, over)}

    await eventually(all_told)
    told = {run: wait or {} for run, wait in (await listed(projected)).items()}
    expected = {**kinds, works: None, over: None}
    assert {run: wait.get("kind") for run, wait in told.items()} == expected
    assert told[asks]["text"] == "A person is to decide at Publish?."
    assert told[asks]["until"] is not None
    assert told[retried]["text"].startswith("Ann failed and is tried again at ")


async def test_a_ticket_reads_what_its_run_waits_for_and_no_other(
    service: Service, log: Log
) -> None:
    answer = await service.http.post("/api/v1/runs", json={"flow": ASK})
    run, url = answer.json()["run_id"], urlsplit(answer.json()["events_url"])
    other = await service.run(flow=ASK)
    await Story(log, run).ask(0, "ok")
    del service.http.headers["Authorization"]
    found = await service.http.get(f"/api/v1/runs/{run}/waiting-for?{url.query}")
    assert found.json() == {
        "waiting_for": {
            "kind": "person",
            "text": "A person is to decide at Publish?.",
            "until": None,
        }
    }
    for path in (f"{other}/waiting-for?{url.query}", f"{run}/waiting-for"):
        assert (await service.http.get(f"/api/v1/runs/{path}")).status_code == 401


@pytest.mark.parametrize("run", ["nonsense", "01900000-0000-7000-8000-000000000000"])
async def test_of_a_run_that_is_not_there_nothing_is_told(service: Service, run: str) -> None:
    assert (await service.http.get(f"/api/v1/runs/{run}/waiting-for")).status_code == 404
