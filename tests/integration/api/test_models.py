"""The models that are known, and what flows may ask of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from services.api.definitions.definition_table import Agents, Tools
from services.api.definitions.flows import Flows
from services.api.definitions.known_models import KnownModels
from services.api.definitions.named import NamedReader
from services.api.definitions.pipeline_table import Draft, Pipelines
from services.api.history.flow_store import FlowStore
from services.api.http.problems import InvalidFlow
from services.api.people.deeds import Deed
from shared.flow.parse import POOLS
from shared.ledger.pool import connect as connect_ledger
from shared.log import Log
from tests.eventually import PATIENCE_SECONDS
from tests.integration.api.story import FLOW, Service

DEFAULT = "claude-haiku-5-5"
BEFORE, AFTER = datetime(2026, 9, 27, tzinfo=UTC), datetime(2026, 9, 28, tzinfo=UTC)


def agent_flow(**data: Any) -> dict[str, Any]:
    """A flow of one agent."""
    node = {"id": "a", "type": "agent", "data": {"instructions": "Help.", **data}}
    return {"nodes": [node], "edges": []}


@dataclass(slots=True)
class Clock:
    """A time that stands still until it is set."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


async def test_the_models_are_told_with_their_abilities_and_prices(service: Service) -> None:
    answer = await service.http.get("/api/v1/models")
    told = answer.json()
    assert (answer.status_code, told["default_model"]) == (200, DEFAULT)
    assert told["answers"] == "model"
    named = {each["model"]: each for each in told["items"]}
    haiku = named[DEFAULT]
    assert (haiku["provider"], haiku["output_tokens"]) == ("anthropic", 128_000)
    assert haiku["default_max_tokens"] == 32_000
    assert haiku["thinking"]["kinds"] == ["adaptive"]
    assert haiku["valid_from"] == "2026-10-07"
    small, large = haiku["prices"]["tiers"]
    assert (small["up_to_prompt_tokens"], large["up_to_prompt_tokens"]) == (100_000, None)
    assert (small["input"], large["output"], small["cache_read"]) == ("0.10", "2.50", "0.01")
    assert Decimal(haiku["web_search_per_1000"]) == 10
    assert named["claude-opus-5-5"]["thinking"]["can_be_off"] is False
    assert named["claude-opus-5-5"]["efforts"] is None


def test_only_what_is_offered_at_the_time_is_told() -> None:
    last, gone = datetime(2026, 11, 29, 23, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)
    told = [
        {each.known.model for each in KnownModels(DEFAULT, now=Clock(t)).offered()}
        for t in (last, gone)
    ]
    assert ["claude-sonnet-4-5" in models for models in told] == [True, False]


def test_the_prices_told_are_those_in_force() -> None:
    def cache_read(now: datetime) -> Decimal | None:
        offered = {
            each.known.model: each for each in KnownModels(DEFAULT, now=Clock(now)).offered()
        }
        prices = offered["claude-sonnet-5-5"].prices
        return prices.tiers[0].cache_read if prices else None

    assert cache_read(datetime(2026, 10, 6, tzinfo=UTC)) == Decimal("0.20")
    assert cache_read(datetime(2026, 10, 7, tzinfo=UTC)) == Decimal("0.10")


async def test_a_run_has_the_defaults_of_its_agents_in_its_flow(service: Service, log: Log) -> None:
    answer = await service.http.post("/api/v1/runs", json={"flow": agent_flow(effort="low")})
    run = (await service.http.get(answer.headers["location"])).json()
    body = await log.get_flow(run["flow"])
    assert body is not None
    [node] = json.loads(body)["nodes"]
    assert node["data"] == {
        "instructions": "Help.",
        "model": DEFAULT,
        "max_tokens": 32_000,
        "thinking": "adaptive",
        "effort": "low",
        "cache": "auto",
        "timeout_seconds": 3_600,
    }


async def test_defaults_are_no_part_of_the_version_of_a_drawing(service: Service) -> None:
    flow = agent_flow()
    saved = await service.http.post("/api/v1/pipelines", json={"name": "p", "flow": flow})
    judged = await service.http.post("/api/v1/flows/validate", json={"flow": flow})
    assert saved.json()["version"] == judged.json()["version"]
    assert saved.json()["flow"] == flow


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"thinking": {"budget_tokens": 2_000}}, "unsupported_thinking"),
        ({"model": "claude-opus-5-5", "thinking": "off"}, "thinking_always_on"),
        ({"model": "claude-haiku-4-5", "effort": "low"}, "unsupported_effort"),
        ({"max_tokens": 200_000}, "max_tokens_too_large"),
        ({"model": "mine", "thinking": {"budget_tokens": 9_000}}, "budget_too_large"),
    ],
)
async def test_a_run_that_asks_for_what_its_model_cannot_do_is_refused(
    service: Service, data: dict[str, Any], code: str
) -> None:
    flow = agent_flow(**data)
    run = await service.http.post("/api/v1/runs", json={"flow": flow})
    assert (run.status_code, run.json()["code"]) == (422, "invalid_flow")
    judged = await service.http.post("/api/v1/flows/validate", json={"flow": flow})
    for problems in (run.json()["problems"], judged.json()["problems"]):
        assert [(each["code"], each["nodes"]) for each in problems] == [(code, ["a"])]


async def test_a_pipeline_is_judged_by_what_its_agent_asks_for(service: Service) -> None:
    body = {"name": "Ann", "instructions": "Help.", "model": "mine", "effort": "max"}
    agent = (await service.http.post("/api/v1/agents", json=body)).json()
    assert agent["effort"] == "max"
    flow = agent_flow(agent_id=agent["id"])
    saved = await service.http.post("/api/v1/pipelines", json={"name": "p", "flow": flow})
    [warning] = saved.json()["warnings"]
    assert (warning["code"], warning["nodes"]) == ("unknown_model", ["a"])
    assert saved.json()["problems"] == []
    known = body | {"model": "claude-haiku-4-5", "thinking": {"budget_tokens": 2_000}}
    await service.http.put(f"/api/v1/agents/{agent['id']}", json=known)
    read = (await service.http.get(saved.headers["location"])).json()
    assert [each["code"] for each in read["problems"]] == ["unsupported_effort"]
    assert read["warnings"] == []


@pytest.mark.parametrize(
    ("setting", "value"),
    [("thinking", "on"), ("thinking", {"budget_tokens": 5}), ("effort", "huge"), ("cache", True)],
)
async def test_an_agent_with_a_setting_of_no_known_value_is_refused(
    service: Service, setting: str, value: Any
) -> None:
    answer = await service.http.post("/api/v1/agents", json={"name": "Ann", setting: value})
    [problem] = answer.json()["problems"]
    assert (answer.status_code, problem["path"]) == (422, f".{setting}")
    assert problem["code"] == "bad_value"


async def test_a_model_that_becomes_known_is_known_from_that_day_on(
    service: Service, log: Log, database_url: str
) -> None:
    clock, flow = Clock(BEFORE), agent_flow(model="claude-sonnet-5-5")
    async with connect_ledger(database_url, wait_seconds=PATIENCE_SECONDS) as pool:
        pipelines, named = Pipelines(pool), NamedReader(Agents(pool), Tools(pool))
        models = KnownModels(DEFAULT, now=clock)
        flows = Flows(FlowStore(log, pool), named, pipelines, POOLS, models)
        large = agent_flow(model="claude-sonnet-5-5", max_tokens=200_000)
        draft = Draft(name="p", flow=flow, version=await flows.version_of(flow), problems=[])
        by = Deed("settings", "settings", "pipeline.created", "{}", None)
        await pipelines.create("default", "01951f6e-7a10-7000-8000-000000000009", draft, by)
        found = []
        for now in (BEFORE, AFTER):
            clock.now = now
            inline = await flows.inline("default", flow)
            saved = await flows.of_pipeline("default", "01951f6e-7a10-7000-8000-000000000009")
            assert inline.flow.version == saved.flow.version
            found.append(inline.flow.steps[0].work)
        assert [getattr(work, "max_tokens", None) for work in found] == [8_192, 32_000]
        with pytest.raises(InvalidFlow):
            await flows.inline("default", large)
        clock.now = BEFORE
        assert (await flows.inline("default", large)).flow.steps


async def test_a_flow_without_agents_gets_nothing(service: Service, log: Log) -> None:
    run = (await service.http.get(f"/api/v1/runs/{await service.run()}")).json()
    body = await log.get_flow(run["flow"])
    assert body is not None
    assert [node["data"] for node in json.loads(body)["nodes"]] == [
        node["data"] for node in FLOW["nodes"]
    ]
