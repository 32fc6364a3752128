"""Versions of pipelines and agents over HTTP: numbered, named, compared, restored; aliases."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.integration.api.story import FLOW, Service

PIPELINES = "/api/v1/pipelines"
AGENTS = "/api/v1/agents"
NOBODY = "0192f5d0-0000-7000-8000-000000000000"
AGENT = {"name": "Writer", "instructions": "Write about {{topic}}.", "tools": ["web_search"]}


def asks(prompt: str) -> dict[str, Any]:
    """A flow that asks a person this."""
    node = {"id": "ask", "type": "approval", "data": {"prompt": prompt}}
    return {"nodes": [node], "edges": []}


async def saved(service: Service, where: str, flow: object, **more: object) -> dict[str, Any]:
    answer = await service.http.put(where, json={"name": "p", "flow": flow, **more})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def pipeline(service: Service, *prompts: str) -> str:
    """The path of a pipeline that was saved with each of these prompts, one after the other."""
    first, *rest = prompts
    made = await service.http.post(PIPELINES, json={"name": "p", "flow": asks(first)})
    where: str = made.headers["location"]
    for prompt in rest:
        await saved(service, where, asks(prompt))
    return where


async def versions(service: Service, where: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await service.http.get(f"{where}/versions")).json()["items"]
    return items


async def test_a_version_is_counted_when_the_content_changes_and_says_who_made_it(
    service: Service,
) -> None:
    where = await pipeline(service, "One?", "Two?")
    again = await saved(service, where, asks("Two?"), note="Nothing new.")
    assert (again["version_number"], again["revision"]) == (2, 3)
    back = await saved(service, where, asks("One?"), note="Two was too many.")
    assert back["version_number"] == 3
    newest, second, first = await versions(service, where)
    assert newest["version"] == first["version"] == back["version"]
    assert [each["number"] for each in (newest, second, first)] == [3, 2, 1]
    assert [each["note"] for each in (newest, second)] == ["Two was too many.", "Nothing new."]
    assert {each["made_by"] for each in (newest, second, first)} == {"settings"}


async def test_two_saves_at_once_never_have_one_number(service: Service) -> None:
    where = await pipeline(service, "0")
    flows = [asks(str(n)) for n in range(1, 20)]
    await asyncio.gather(*(saved(service, where, flow) for flow in flows))
    found = await versions(service, where)
    assert sorted(each["number"] for each in found) == [*range(1, 21)]
    now = (await service.http.get(where)).json()
    assert now["version_number"] == 20


async def test_a_version_is_named_and_read_by_its_number_or_its_hash(service: Service) -> None:
    where = await pipeline(service, "One?", "Two?")
    words = {"name": "the first", "note": "as it began"}
    named = await service.http.put(f"{where}/versions/1", json=words)
    assert named.status_code == 200
    kept = await service.http.put(f"{where}/versions/1", json={"name": "before"})
    assert (kept.json()["name"], kept.json()["note"]) == ("before", "as it began")
    by_hash = await service.http.get(f"{where}/versions/{kept.json()['version']}")
    by_number = await service.http.get(f"{where}/versions/1")
    assert by_hash.json() == by_number.json() == {**kept.json(), "flow": asks("One?")}
    emptied = await service.http.put(f"{where}/versions/1", json={"note": ""})
    assert (emptied.json()["name"], emptied.json()["note"]) == ("before", None)


async def test_a_version_that_is_restored_is_a_new_one_and_loses_none(service: Service) -> None:
    where = await pipeline(service, "One?", "Two?")
    restored = await service.http.post(f"{where}/versions/1/restore")
    assert restored.status_code == 200
    told = restored.json()
    assert (told["flow"], told["version_number"], told["revision"]) == (asks("One?"), 3, 3)
    assert (await service.http.get(where)).json() == told
    newest, *_, first = await versions(service, where)
    assert (newest["version"], newest["note"]) == (first["version"], "Version 1 again.")
    run = await service.http.post("/api/v1/runs", json={"pipeline_id": told["id"]})
    read = (await service.http.get(f"/api/v1/runs/{run.json()['run_id']}")).json()
    assert read["pipeline_version"] == first["version"]


async def test_what_a_version_changed_is_told_by_node_and_field(service: Service) -> None:
    made = await service.http.post(PIPELINES, json={"name": "p", "flow": FLOW})
    where = made.headers["location"]
    first, *rest = FLOW["nodes"]
    moved = {**first, "position": {"x": 1}, "data": {**first.get("data", {}), "label": "Other"}}
    ask = asks("Fine?")["nodes"][0]
    await saved(service, where, {"nodes": [moved, *rest, ask], "edges": FLOW["edges"][1:]})
    diff = (await service.http.get(f"{where}/versions/2/diff")).json()
    assert (diff["old"]["number"], diff["new"]["number"]) == (1, 2)
    assert diff["nodes"]["added"] == [ask]
    assert diff["nodes"]["removed"] == []
    (changed,) = diff["nodes"]["changed"]
    assert changed["id"] == first["id"]
    assert [(each["path"], each["new"]) for each in changed["changes"]] == [
        ("/data/label", "Other")
    ]
    assert [edge["source"] for edge in diff["edges"]["removed"]] == [FLOW["edges"][0]["source"]]
    back = (await service.http.get(f"{where}/versions/1/diff?against=2")).json()
    assert back["nodes"]["removed"] == [ask]
    whole = (await service.http.get(f"{where}/versions/1/diff")).json()
    assert (whole["old"]["number"], len(whole["nodes"]["added"])) == (0, len(FLOW["nodes"]))


@pytest.mark.parametrize("spelled", ["0", "9", "-1", "01", "one", "1e1", "f" * 64, "%00", "*"])
async def test_a_version_there_never_was_is_not_found(service: Service, spelled: str) -> None:
    where = await pipeline(service, "One?")
    for method, path in (
        ("GET", f"{where}/versions/{spelled}"),
        ("GET", f"{where}/versions/{spelled}/diff"),
        ("POST", f"{where}/versions/{spelled}/restore"),
    ):
        answer = await service.http.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    named = await service.http.put(f"{where}/versions/{spelled}", json={"name": "x"})
    assert named.status_code == 404
    refused = await service.http.put(f"{where}/aliases/prod", json={"version": spelled})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


async def test_a_run_is_started_by_an_alias_wherever_it_was_moved(service: Service) -> None:
    where = await pipeline(service, "One?", "Two?")
    second, first = await versions(service, where)
    key = where.rpartition("/")[2]
    ran = []
    for version in ("1", "2", first["version"]):
        moved = await service.http.put(f"{where}/aliases/prod", json={"version": version})
        assert moved.status_code == 200
        body = {"pipeline_id": key, "alias": "prod"}
        for _ in range(2):
            run = (await service.http.post("/api/v1/runs", json=body)).json()["run_id"]
            ran.append((await service.http.get(f"/api/v1/runs/{run}")).json())
    expected = [version["version"] for version in (first, second, first) for _ in range(2)]
    assert [each["pipeline_version"] for each in ran] == expected
    assert len({each["flow"] for each in ran}) == 2
    (alias,) = (await service.http.get(f"{where}/aliases")).json()["items"]
    assert (alias["alias"], alias["number"], alias["made_by"]) == ("prod", 1, "settings")


async def test_a_run_by_an_alias_uses_its_agents_as_they_are_now(service: Service) -> None:
    agent = (await service.http.post(AGENTS, json=AGENT)).json()
    flow = {"nodes": [{"id": "a", "type": "agent", "data": {"agent_id": agent["id"]}}], "edges": []}
    made = await service.http.post(PIPELINES, json={"name": "p", "flow": flow})
    where = made.headers["location"]
    await service.http.put(f"{where}/aliases/prod", json={"version": "1"})
    body = {"pipeline_id": made.json()["id"], "alias": "prod", "variables": {"topic": "tea"}}
    flows = []
    for instructions in ("Write about {{topic}}.", "Write less about {{topic}}."):
        changed = {**AGENT, "instructions": instructions}
        await service.http.put(f"{AGENTS}/{agent['id']}", json=changed)
        run = (await service.http.post("/api/v1/runs", json=body)).json()["run_id"]
        flows.append((await service.http.get(f"/api/v1/runs/{run}")).json()["flow"])
    assert flows[0] != flows[1]


async def test_an_alias_that_is_none_or_gone_starts_nothing(service: Service) -> None:
    where = await pipeline(service, "One?")
    key = where.rpartition("/")[2]
    body = {"pipeline_id": key, "alias": "prod"}
    never = await service.http.post("/api/v1/runs", json=body)
    assert (never.status_code, never.json()["code"]) == (404, "not_found")
    assert "no alias 'prod'" in never.json()["detail"]
    await service.http.put(f"{where}/aliases/prod", json={"version": "1"})
    assert (await service.http.post("/api/v1/runs", json=body)).status_code == 202
    assert (await service.http.delete(f"{where}/aliases/prod")).status_code == 204
    assert (await service.http.post("/api/v1/runs", json=body)).status_code == 404
    gone = await service.http.delete(f"{where}/aliases/prod")
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    misplaced = await service.http.post("/api/v1/runs", json={"flow": FLOW, "alias": "prod"})
    assert (misplaced.status_code, misplaced.json()["problems"][0]["path"]) == (422, ".alias")
    elsewhere = {"pipeline_id": NOBODY, "alias": "prod"}
    assert (await service.http.post("/api/v1/runs", json=elsewhere)).status_code == 404


@pytest.mark.parametrize(
    "alias", ["latest", "same", "Prod", "1", "a.b", "a b", "-a", "a" * 64, "%00"]
)
async def test_a_name_that_cannot_be_an_alias_is_refused(service: Service, alias: str) -> None:
    where = await pipeline(service, "One?")
    answer = await service.http.put(f"{where}/aliases/{alias}", json={"version": "1"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert (await service.http.delete(f"{where}/aliases/{alias}")).status_code == 404
    body = {"pipeline_id": where.rpartition("/")[2], "alias": "\0" if "%" in alias else alias}
    assert (await service.http.post("/api/v1/runs", json=body)).status_code in (404, 422)
    assert (await service.http.get(f"{where}/aliases")).json()["items"] == []


async def test_a_pipeline_has_no_more_than_its_most_aliases(service: Service) -> None:
    where = await pipeline(service, "One?", "Two?")
    for number in range(50):
        answer = await service.http.put(f"{where}/aliases/a{number}", json={"version": "1"})
        assert answer.status_code == 200
    one_more = await service.http.put(f"{where}/aliases/b", json={"version": "1"})
    assert (one_more.status_code, one_more.json()["code"]) == (409, "too_many_aliases")
    moved = await service.http.put(f"{where}/aliases/a0", json={"version": "2"})
    assert (moved.status_code, moved.json()["number"]) == (200, 2)


async def test_an_agent_has_versions_too(service: Service) -> None:
    made = await service.http.post(AGENTS, json={**AGENT, "note": "the beginning"})
    where = made.headers["location"]
    other = {**AGENT, "name": "Poet", "instructions": "Write a poem.", "max_tokens": 900}
    changed = await service.http.put(where, json=other)
    renamed = await service.http.put(where, json={**other, "name": "Bard"})
    numbers = [each.json()["version_number"] for each in (made, changed, renamed)]
    assert numbers == [1, 2, 2]
    diff = (await service.http.get(f"{where}/versions/2/diff")).json()
    assert [(each["op"], each["path"]) for each in diff["changes"]] == [
        ("replace", "/instructions"),
        ("add", "/max_tokens"),
    ]
    restored = (await service.http.post(f"{where}/versions/1/restore")).json()
    assert (restored["name"], restored["version_number"]) == ("Bard", 3)
    assert (restored["instructions"], restored["tools"]) == (AGENT["instructions"], ["web_search"])
    assert "max_tokens" not in restored
    named = await service.http.put(f"{where}/versions/2", json={"name": "the poet"})
    assert (named.status_code, named.json()["settings"]["max_tokens"]) == (200, 900)
    found = (await service.http.get(f"{where}/versions")).json()["items"]
    assert [(each["number"], each["name"], each["note"]) for each in found] == [
        (3, None, "Version 1 again."),
        (2, "the poet", None),
        (1, None, "the beginning"),
    ]
    for path in ("versions/9/diff", "versions/x/diff"):
        assert (await service.http.get(f"{where}/{path}")).status_code == 404


async def test_versions_come_in_pages(service: Service) -> None:
    where = await pipeline(service, *map(str, range(5)))
    numbers: list[int] = []
    query = "limit=2"
    while True:
        page = (await service.http.get(f"{where}/versions?{query}")).json()
        numbers += [each["number"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        query = f"limit=2&cursor={page['next_cursor']}"
    assert numbers == [5, 4, 3, 2, 1]


async def test_the_audit_tells_what_was_done_to_definitions(service: Service) -> None:
    where = await pipeline(service, "One?", "Two?")
    await service.http.put(f"{where}/versions/1", json={"name": "first"})
    await service.http.put(f"{where}/aliases/prod", json={"version": "1"})
    await service.http.delete(f"{where}/aliases/prod")
    await service.http.post(f"{where}/versions/1/restore")
    await service.http.delete(where)
    await service.http.post(f"{where}/restore")
    deeds = (await service.http.get("/api/v1/audit")).json()["items"]
    assert {each["subject"] for each in deeds} == {where.rpartition("/")[2]}
    assert [each["action"].removeprefix("pipeline.") for each in reversed(deeds)] == [
        *("created", "saved", "version_named", "alias_set", "alias_removed"),
        *("version_restored", "deleted", "restored"),
    ]
    assert deeds[4]["details"] == {"alias": "prod", "version": "1"}
