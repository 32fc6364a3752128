"""Which key a run calls its model by: its workspace's, as it is now, or else the environment's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.agent_worker.keys import BELIEVED_SECONDS
from simulator.http.journal import fingerprint
from tests.cost import Stopwatch, elapsed_cost
from tests.eventually import eventually
from tests.integration.api.people import made, somebody
from tests.integration.api.story import AGENTS, FLOW, Service
from tests.integration.keys_world import (
    DEFAULT,
    KEY,
    NEW,
    KeysWorld,
    asking,
    ended,
    keys_world,
    run,
)

GOOD, OTHER = "sk-ant-api03-a-good-key-0001", "sk-ant-api03-a-good-key-0002"


@pytest.fixture
async def world(nats_url: str, database_url: str) -> AsyncIterator[KeysWorld]:
    async with keys_world(nats_url, database_url) as made:
        yield made


async def put(service: Service, key: str) -> None:
    answer = await service.http.put(KEY, json={"key": key})
    assert answer.status_code == 200, answer.text


async def test_a_run_calls_its_model_by_the_key_of_its_workspace(world: KeysWorld) -> None:
    api = await world.api()
    await api.http.post("/api/v1/workspaces", json={"slug": "acme", "name": "Acme"})
    theirs = await made(api, "member", workspace="acme")
    async with world.worker():
        await put(api, GOOD)
        assert (await ended(api, await run(api)))["status"] == "completed"
        async with somebody(api.url, theirs) as http:
            other = Service(api.url, http, api.stopping)
            assert (await ended(other, await run(other)))["status"] == "completed"
        assert await world.fingerprints() == [fingerprint(GOOD), fingerprint(DEFAULT)]


async def test_a_change_is_used_within_a_second(world: KeysWorld) -> None:
    api = await world.api()

    async def one_run() -> None:
        assert (await ended(api, await run(api)))["status"] == "completed"

    async def is_called_by(key: str | None) -> bool:
        await one_run()
        return (await world.fingerprints())[-1] == fingerprint(key or DEFAULT)

    async def until_used(key: str | None) -> float:
        await (put(api, key) if key else api.http.delete(KEY))
        since_it_was_changed = Stopwatch()
        await eventually(lambda: is_called_by(key))
        return since_it_was_changed.elapsed()

    async with world.worker():
        undisturbed = await elapsed_cost(one_run)
        for key in (GOOD, OTHER, None):
            used_after = await until_used(key)
            # What a worker believes may be a second old; what a run takes, and the next look for
            # it, is measured by what another takes.
            assert used_after < BELIEVED_SECONDS + 20 * undisturbed


async def test_a_key_that_was_deleted_is_said_to_be_missing_by_the_next_attempt(
    world: KeysWorld,
) -> None:
    api = await world.api()
    async with world.worker(key=""):
        await put(api, GOOD)
        retry = {"max_attempts": 3, "initial_seconds": 2}
        flow = asking("status=529 times=1")
        flow["nodes"][0]["data"]["retry"] = retry
        given = await run(api, flow)
        await eventually(world.fingerprints)
        await api.http.delete(KEY)
        told = await ended(api, given)
        assert (told["status"], told["error"]["code"]) == ("failed", "no_provider_key")
        assert await world.fingerprints() == [fingerprint(GOOD)]


async def test_a_run_that_nobody_has_a_key_for_is_refused_and_asks_no_model(
    world: KeysWorld,
) -> None:
    api = await world.api()
    async with world.worker(key=""):
        await eventually(lambda: is_refused(api))
        answer = await api.http.post("/api/v1/runs", json={"flow": asking()})
        assert "PUT /api/v1/provider-keys/anthropic" in answer.json()["detail"]
        pipeline = await api.pipeline(AGENTS)
        body = {"pipeline_id": pipeline}
        for path in ("/api/v1/runs", "/api/v1/execution/start"):
            answer = await api.http.post(path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (409, "no_provider_key")
        # What calls no model needs no key, and with one of its own the run begins.
        assert (await ended(api, await run(api, FLOW)))["status"] == "completed"
        await put(api, GOOD)
        assert (await ended(api, await run(api)))["status"] == "completed"
        assert await world.fingerprints() == [fingerprint(GOOD)]


async def is_refused(api: Service) -> bool:
    """The api has heard that its worker has no key."""
    answer = await api.http.post("/api/v1/runs", json={"flow": asking("forever")})
    if answer.status_code == 202:
        await api.http.post(f"/api/v1/runs/{answer.json()['run_id']}/cancel")
        return False
    assert (answer.status_code, answer.json()["code"]) == (409, "no_provider_key")
    return True


async def test_the_routes_of_other_tools_take_the_run_and_it_fails_in_their_words(
    world: KeysWorld,
) -> None:
    api = await world.api()
    async with world.worker(key=""):
        await eventually(lambda: is_refused(api))
        pipeline = await api.pipeline(AGENTS)
        answer = await api.http.post(f"/api/pipeline/{pipeline}/run", data={"input": "tea"})
        assert answer.status_code == 200
        assert answer.json().keys() == {"runId"}
        given = answer.json()["runId"]
        told = await ended(api, given)
        assert (told["status"], told["error"]["code"]) == ("failed", "no_provider_key")
        assert told["error"]["message"].startswith("API key not configured: set ")
        stream = await api.http.get(f"/api/pipeline/run/{given}/stream")
        assert '"type":"error","message":"API key not configured"' in stream.text
        assert await world.fingerprints() == []


async def test_a_key_that_a_worker_cannot_open_is_no_reason_to_use_another(
    world: KeysWorld,
) -> None:
    api = await world.api()
    await put(api, GOOD)
    flow: dict[str, Any] = asking()
    flow["nodes"][0]["data"]["retry"] = {"max_attempts": 1}
    async with world.worker(secret_keys=NEW):
        told = await ended(api, await run(api, flow))
        assert (told["status"], told["error"]["code"]) == ("failed", "credential_not_opened")
        assert await world.fingerprints() == []


async def test_a_key_that_the_provider_refuses_later_ends_the_run_by_its_words(
    world: KeysWorld,
) -> None:
    api = await world.api()
    answer = await api.http.put(f"{KEY}?test=false", json={"key": "sk-a-refused-key-0001"})
    assert answer.status_code == 200
    async with world.worker():
        told = await ended(api, await run(api))
        assert (told["status"], told["error"]["code"]) == ("failed", "authentication")
        assert "sk-a-refused" not in str(told)


async def test_agents_that_name_no_model_have_that_of_the_key(world: KeysWorld) -> None:
    api = await world.api()
    pipeline = await api.pipeline(asking())

    async def models_called() -> set[str]:
        for how in ({"flow": asking()}, {"pipeline_id": pipeline}):
            answer = await api.http.post("/api/v1/runs", json=how)
            assert (await ended(api, answer.json()["run_id"]))["status"] == "completed"
        return {call["model"] for call in (await world.calls())[-2:]}

    async with world.worker():
        standard = (await api.http.get("/api/v1/models")).json()["default_model"]
        assert await models_called() == {standard}
        body = {"key": GOOD, "default_model": "claude-opus-5-5"}
        assert (await api.http.put(KEY, json=body)).status_code == 200
        assert (await api.http.get("/api/v1/models")).json()["default_model"] == "claude-opus-5-5"
        assert await models_called() == {"claude-opus-5-5"}
        await api.http.delete(KEY)
        assert await models_called() == {standard}
