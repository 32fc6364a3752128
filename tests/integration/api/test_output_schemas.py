"""Schemas of answers in flows and agents: what is wrong with one is told before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.api.story import Service
from tests.integration.api.test_models import agent_flow

TREE: dict[str, Any] = {
    "$defs": {"tree": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
    "$ref": "#/$defs/tree",
}
NESTED: dict[str, Any] = {"type": "string"}
for _ in range(40):
    NESTED = {"type": "array", "items": NESTED}
GOOD = [
    {"type": "object", "properties": {"score": {"type": "number"}}, "required": ["score"]},
    {"type": "string", "pattern": "^(a+)+$"},
    TREE,
    {},
]
BAD: list[tuple[dict[str, Any], str]] = [
    ({"type": "objekt"}, "at /type"),
    ({"$ref": "https://elsewhere.example/schema.json"}, "into the schema"),
    ({"$ref": "#/$defs/nothing"}, "point at something"),
    ({"$id": "https://elsewhere.example/"}, "without $id"),
    ({"$schema": "http://json-schema.org/draft-07/schema#"}, "expected $schema"),
    ({"description": "x" * 1_000_000}, "at most 65,536 bytes"),
    (NESTED, "levels of nesting"),
]


async def problems(service: Service, schema: object) -> list[dict[str, Any]]:
    flow = agent_flow(output_schema=schema)
    answer = await service.http.post("/api/v1/flows/validate", json={"flow": flow})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["problems"]
    return found


@pytest.mark.parametrize("schema", GOOD)
async def test_a_schema_within_bounds_is_no_problem(service: Service, schema: object) -> None:
    assert await problems(service, schema) == []


@pytest.mark.parametrize(("schema", "words"), BAD)
async def test_what_is_wrong_with_a_schema_names_the_node(
    service: Service, schema: dict[str, Any], words: str
) -> None:
    [problem] = await problems(service, schema)
    assert (problem["code"], problem["nodes"]) == ("bad_schema", ["a"])
    assert words in problem["message"]
    body = {"name": "A", "instructions": "x", "output_schema": schema}
    refused = await service.http.post("/api/v1/agents", json=body)
    assert refused.status_code == 422
    assert words in refused.text


@pytest.mark.parametrize("schema", ["text", 7, [], True])
async def test_what_is_no_object_is_of_the_wrong_shape(service: Service, schema: object) -> None:
    [problem] = await problems(service, schema)
    assert (problem["code"], problem["nodes"]) == ("bad_shape", ["a"])


async def test_an_agent_keeps_its_schema_and_flows_get_it(service: Service) -> None:
    body = {"name": "A", "instructions": "x", "output_schema": GOOD[0]}
    made = (await service.http.post("/api/v1/agents", json=body)).json()
    assert made["output_schema"] == GOOD[0]
    flow = {"nodes": [{"id": "a", "type": "agent", "data": {"agent_id": made["id"]}}], "edges": []}
    run = await service.http.post("/api/v1/runs", json={"flow": flow})
    assert run.status_code == 202
