"""The queue that a run is asked for with: the lane of its workspace, and its priority."""

from __future__ import annotations

from shared.log import Log
from shared.log.provision import provision
from shared.log.queues import MOST_LANES, queue_for
from shared.run import facts as f
from tests.eventually import eventually
from tests.integration.api.story import FLOW, Service, Story


async def queue_of(log: Log, run: str) -> str:
    """What the run's request names."""
    first = (await log.history("default", run)).entries[0].recorded().fact
    assert isinstance(first, f.RunRequested)
    return first.queue


async def test_a_run_is_interactive_unless_it_is_asked_for_as_batch(
    service: Service, log: Log
) -> None:
    usual, batch = await service.run(), await service.run(priority="batch")
    assert await queue_of(log, usual) == "shared"
    assert await queue_of(log, batch) == "batch"
    told = [(await service.http.get(f"/api/v1/runs/{run}")).json() for run in (usual, batch)]
    assert [each["priority"] for each in told] == ["interactive", "batch"]


async def test_another_priority_is_refused_with_those_there_are(service: Service) -> None:
    answer = await service.http.post("/api/v1/runs", json={"flow": FLOW, "priority": "urgent"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid_request")
    assert '"expected":"interactive or batch"' in answer.text


async def test_a_retried_batch_run_is_batch(service: Service, log: Log) -> None:
    run = await service.run(priority="batch")
    await Story(log, run).whole()
    answer = await service.http.post(f"/api/v1/runs/{run}/fork", json={"from_steps": [0]})
    assert answer.status_code == 202, answer.text
    assert await queue_of(log, answer.json()["run_id"]) == "batch"


async def test_lanes_that_are_added_are_used_by_an_api_that_runs(
    service: Service, log: Log, nats_url: str
) -> None:
    expected = queue_for("default", "interactive", MOST_LANES)
    assert expected != "shared"
    grown = await provision(nats_url, partitions=2, pools=("default", "local"), lanes=MOST_LANES)
    assert grown.lanes == MOST_LANES

    async def is_used() -> bool:
        return await queue_of(log, await service.run()) == expected

    await eventually(is_used)
    kept = await provision(nats_url, partitions=2, pools=("default", "local"), lanes=1)
    assert kept.lanes == MOST_LANES, "runs wait in them"
