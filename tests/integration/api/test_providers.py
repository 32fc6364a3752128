"""Models of several providers in flows, their keys, and what is refused of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.log import Log
from shared.log.provision import provision
from shared.run import facts as f
from simulator.server import running
from tests.integration.api.conftest import PARTITIONS, started
from tests.integration.api.keyed import GOOD, KEYS, put
from tests.integration.api.story import Service
from tests.integration.api.test_models import agent_flow

VALIDATE = "/api/v1/flows/validate"
MINE = {"name": "mine", "kind": "openai", "needs_key": False}


@pytest.fixture
async def service(nats_url: str, database_url: str) -> AsyncIterator[Service]:
    """An api that knows a provider of the installation's own, in front of a simulated one."""
    await provision(nats_url, partitions=PARTITIONS, pools=("default", "local"))
    async with running() as url:
        providers = json.dumps([{**MINE, "base_url": f"{url}/v1"}])
        more = {"OPENAI_BASE_URL": f"{url}/v1", "PENSTOCK_PROVIDERS": providers}
        async with started(nats_url, database_url, **more) as api:
            yield api


async def problems(service: Service, **data: Any) -> list[tuple[str, list[str]]]:
    answer = await service.http.post(VALIDATE, json={"flow": agent_flow(**data)})
    return [(each["code"], each["nodes"]) for each in answer.json()["problems"]]


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        ({"model": "openai/gpt-4.1"}, []),
        ({"model": "mine/some/model:7b"}, []),
        ({"model": "anthropic/claude-haiku-5-5"}, []),
        ({"model": "nobody/gpt"}, ["unknown_provider"]),
        ({"model": "openai/"}, ["unknown_provider"]),
        ({"fallbacks": ["openai/gpt-4.1", "nobody/x"]}, ["unknown_provider"]),
        ({"fallbacks": ["openai/gpt-4.1", "openai/gpt-4.1"]}, ["bad_fallbacks"]),
        ({"fallbacks": [f"mine/{n}" for n in range(9)]}, ["bad_fallbacks"]),
        ({"fallbacks": [" "]}, ["bad_fallbacks"]),
        ({"fallbacks": "openai/gpt-4.1"}, ["bad_shape"]),
        ({"fallbacks": [7]}, ["bad_shape"]),
        ({"fallback_on_refusal": "yes"}, ["bad_shape"]),
        ({"model": "openai/gpt-4.1", "tools": ["web_search"]}, ["unsupported_tool"]),
        ({"model": "openai/gpt-4.1", "thinking": "adaptive"}, ["unsupported_thinking"]),
        ({"model": "openai/gpt-4.1", "max_tokens": 50_000}, ["max_tokens_too_large"]),
    ],
)
async def test_what_is_wrong_with_a_model_names_the_node(
    service: Service, data: dict[str, Any], codes: list[str]
) -> None:
    found = await problems(service, **data)
    assert [code for code, _ in found] == codes
    assert all(nodes == ["a"] for _, nodes in found)


async def test_each_model_that_nobody_knows_is_a_warning(service: Service) -> None:
    flow = agent_flow(model="mine/x", fallbacks=["openai/gpt-4.1", "openai/gpt-of-tomorrow"])
    answer = await service.http.post(VALIDATE, json={"flow": flow})
    told = [each["message"] for each in answer.json()["warnings"]]
    assert ["mine/x" in told[0], "gpt-of-tomorrow" in told[1]] == [True, True]


async def test_a_chain_stands_in_the_flow_that_is_run(service: Service, log: Log) -> None:
    run = await service.run(flow=agent_flow(model="mine/x", fallbacks=["openai/gpt-4.1"]))
    entries = (await log.history("default", run)).entries
    [asked] = [fact for each in entries
               if isinstance(fact := each.recorded().fact, f.RunRequested)]  # fmt: skip
    stored = await log.get_flow(asked.flow)
    assert stored is not None
    [data] = [node["data"] for node in json.loads(stored)["nodes"] if node["type"] == "agent"]
    assert (data["fallbacks"], data["fallback_on_refusal"]) == (["openai/gpt-4.1"], False)


async def test_a_key_is_kept_for_each_provider_that_is_known(service: Service) -> None:
    for provider in ("openai", "mine"):
        answer = await put(service, GOOD, f"{KEYS}/{provider}")
        assert (answer.status_code, answer.json()["provider"]) == (200, provider)
    answer = await put(service, "sk-refused-0001", f"{KEYS}/openai")
    assert (answer.status_code, answer.json()["code"]) == (422, "provider_key_refused")
    answer = await put(service, GOOD, f"{KEYS}/nobody")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_name")
    assert "anthropic, openai, mine" in answer.json()["detail"]


async def test_models_are_listed_under_the_names_that_flows_have(service: Service) -> None:
    items = (await service.http.get("/api/v1/models")).json()["items"]
    named = {each["model"]: each["provider"] for each in items}
    assert named["openai/gpt-4.1"] == "openai"
    assert named["claude-haiku-5-5"] == "anthropic"
