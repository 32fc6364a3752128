"""Pipelines and agents are found by tag and name; what is deleted can be restored for a while."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from services.api.definitions.gone import Forgetting
from shared.ledger.pool import connect
from tests.integration.api.story import FLOW, Service

PIPELINES = "/api/v1/pipelines"
AGENTS = "/api/v1/agents"
BOTH = pytest.mark.parametrize("place", [PIPELINES, AGENTS])
LONG_AGO = "update {} set deleted_at = now() - interval '30 days 1 minute' where id = $1"


async def made(service: Service, place: str, name: str, *tags: str) -> str:
    """The id of a new one."""
    body: dict[str, Any] = {"name": name, "tags": tags}
    if place == PIPELINES:
        body["flow"] = FLOW
    answer = await service.http.post(place, json=body)
    assert answer.status_code == 201, answer.text
    key: str = answer.json()["id"]
    return key


async def names(service: Service, place: str, **query: str) -> list[str]:
    answer = await service.http.get(place, params=query)
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json()["items"]]


@BOTH
async def test_those_with_all_tags_are_found_and_those_whose_names_have_a_text(
    service: Service, place: str
) -> None:
    await made(service, place, "Haiku of rivers", "poetry", "draft")
    await made(service, place, "100% sonnets", "poetry")
    await made(service, place, "Contracts_2030", "law")
    assert await names(service, place, tags="poetry") == ["100% sonnets", "Haiku of rivers"]
    assert await names(service, place, tags="poetry,draft") == ["Haiku of rivers"]
    assert await names(service, place, tags="poetry,law") == []
    assert await names(service, place, search="HAIKU") == ["Haiku of rivers"]
    assert await names(service, place, search="%") == ["100% sonnets"]
    assert await names(service, place, search="s_2") == ["Contracts_2030"]
    assert await names(service, place, search="o", tags="law") == ["Contracts_2030"]
    assert len(await names(service, place)) == 3
    page = (await service.http.get(place, params={"tags": "poetry", "limit": 1})).json()
    rest = {"tags": "poetry", "limit": "1", "cursor": page["next_cursor"]}
    assert await names(service, place, **rest) == ["Haiku of rivers"]


@BOTH
async def test_tags_stay_unless_others_are_given(service: Service, place: str) -> None:
    key = await made(service, place, "a", "b", "a", "b")
    where = f"{place}/{key}"
    body: dict[str, Any] = {"name": "a", "flow": FLOW} if place == PIPELINES else {"name": "a"}
    assert (await service.http.put(where, json=body)).json()["tags"] == ["a", "b"]
    changed = await service.http.put(where, json={**body, "tags": ["c"]})
    assert changed.json()["tags"] == ["c"]
    assert changed.json()["version_number"] == 1
    assert (await service.http.put(where, json={**body, "tags": []})).json()["tags"] == []


@BOTH
@pytest.mark.parametrize(
    "tags", [["a,b"], [""], [" a"], ["a\tb"], ["a" * 65], [1], "a", ["a"] * 21]
)
async def test_a_tag_that_cannot_be_is_refused(service: Service, place: str, tags: object) -> None:
    body = {"name": "a", "flow": FLOW} if place == PIPELINES else {"name": "a"}
    answer = await service.http.post(place, json={**body, "tags": tags})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["problems"][0]["path"].startswith(".tags")


@BOTH
@pytest.mark.parametrize(
    "query", [{"search": "a" * 201}, {"deleted": "maybe"}, {"tags": ","}, {"tags": "a" * 65}]
)
async def test_a_filter_that_cannot_be_is_refused_or_empty(
    service: Service, place: str, query: dict[str, str]
) -> None:
    answer = await service.http.get(place, params=query)
    if query == {"tags": ","}:
        assert answer.json()["items"] == []
    else:
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")


@BOTH
async def test_what_is_deleted_is_hidden_and_can_be_restored_as_it_was(
    service: Service, place: str
) -> None:
    key = await made(service, place, "a", "kept")
    where = f"{place}/{key}"
    before = (await service.http.get(where)).json()
    not_deleted = await service.http.post(f"{where}/restore")
    assert (not_deleted.status_code, not_deleted.json()["code"]) == (404, "not_found")
    assert (await service.http.delete(where)).status_code == 204
    gone = await service.http.get(where)
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    assert f"POST {where}/restore" in gone.json()["detail"]
    assert await names(service, place) == []
    (listed,) = (await service.http.get(place, params={"deleted": "true"})).json()["items"]
    assert (listed["id"], listed["deleted_at"] is not None) == (key, True)
    await made(service, place, "a")
    back = await service.http.post(f"{where}/restore")
    assert back.status_code == 200
    changed = {"revision", "updated_at"}
    assert {k: v for k, v in back.json().items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }
    assert await names(service, place) == ["a", "a"]
    assert (await service.http.post(f"{where}/restore")).status_code == 404


async def test_a_deleted_pipeline_starts_no_run_and_comes_back_with_its_alias(
    service: Service,
) -> None:
    key = await made(service, PIPELINES, "a")
    where, body = f"{PIPELINES}/{key}", {"pipeline_id": key, "alias": "prod"}
    await service.http.put(f"{where}/aliases/prod", json={"version": "1"})
    begun = (await service.http.post("/api/v1/runs", json=body)).json()["run_id"]
    await service.http.delete(where)
    for asked in (body, {"pipeline_id": key}):
        refused = await service.http.post("/api/v1/runs", json=asked)
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
        assert f"POST {where}/restore" in refused.json()["detail"]
    for path in ("versions", "aliases", "versions/1", "export"):
        assert (await service.http.get(f"{where}/{path}")).status_code == 404
    assert (await service.http.get(f"/api/v1/runs/{begun}")).json()["status"] == "pending"
    await service.http.post(f"{where}/restore")
    assert (await service.http.post("/api/v1/runs", json=body)).status_code == 202


async def test_a_restored_agent_mends_the_pipelines_that_name_it(service: Service) -> None:
    agent = await made(service, AGENTS, "Poet")
    flow = {"nodes": [{"id": "a", "type": "agent", "data": {"agent_id": agent}}], "edges": []}
    pipeline = await service.pipeline(flow)
    where = f"{PIPELINES}/{pipeline}"
    await service.http.delete(f"{AGENTS}/{agent}")
    assert (await service.http.get(where)).json()["problems"] != []
    await service.http.post(f"{AGENTS}/{agent}/restore")
    assert (await service.http.get(where)).json()["problems"] == []
    await service.http.delete(where)
    await service.http.delete(f"{AGENTS}/{agent}")
    back = (await service.http.post(f"{where}/restore")).json()
    assert [each["code"] for each in back["problems"]] == ["missing_agent"]
    assert (await service.http.get(where)).json()["problems"] == back["problems"]


@BOTH
async def test_what_was_deleted_long_ago_is_forgotten_and_nothing_else(
    service: Service, database_url: str, place: str
) -> None:
    old, young, there = [await made(service, place, name) for name in ("old", "young", "there")]
    await service.http.put(f"{place}/{old}/aliases/prod", json={"version": "1"})
    for key in (old, young):
        assert (await service.http.delete(f"{place}/{key}")).status_code == 204
    table = place.rpartition("/")[2]
    connection = await asyncpg.connect(database_url)
    await connection.execute(LONG_AGO.format(table), old)
    late = await service.http.post(f"{place}/{old}/restore")
    assert (late.status_code, late.json()["code"]) == (404, "not_found")
    async with connect(database_url) as pool:
        forgetting = Forgetting(pool)
        while await forgetting.forget():
            pass
    rows = await connection.fetch(f"select id from {table}")
    await connection.close()
    assert {row["id"] for row in rows} == {young, there}
    deeds = (await service.http.get("/api/v1/audit")).json()["items"]
    assert (deeds[0]["actor"], deeds[0]["subject"]) == ("retention", old)
    assert (await service.http.post(f"{place}/{young}/restore")).status_code == 200
