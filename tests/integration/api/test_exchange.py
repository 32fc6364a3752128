"""Pipelines as documents: exported, imported elsewhere, refused whole; and duplicates."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from services.api.description.openapi import example_of
from services.api.tools.models import ToolBody
from tests.integration.api.people import made, somebody
from tests.integration.api.story import FLOW, Service

PIPELINES = "/api/v1/pipelines"
IMPORT = f"{PIPELINES}/import"
AGENTS = "/api/v1/agents"
TOOLS = "/api/v1/tools"
AGENT = {
    "name": "Poet",
    "instructions": "Write a haiku.",
    "max_tokens": 900,
    "retry": {"max_attempts": 2},
    "tags": ["poetry"],
}


async def exported(service: Service, name: str = "Haiku") -> dict[str, Any]:
    """A document of a pipeline with an agent, which two nodes name in both spellings."""
    agent = (await service.http.post(AGENTS, json=AGENT)).json()["id"]
    nodes = [
        {"id": "one", "type": "agent", "data": {"agent_id": agent}, "position": {"x": 1, "y": 2}},
        {"id": "two", "type": "agent", "data": {"agentId": agent, "label": "Again"}},
    ]
    flow = {"nodes": nodes, "edges": [{"source": "one", "target": "two"}]}
    body = {"name": name, "flow": flow, "tags": ["poetry"]}
    where = (await service.http.post(PIPELINES, json=body)).headers["location"]
    answer = await service.http.get(f"{where}/export")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def everything(client: httpx2.AsyncClient) -> tuple[list[Any], list[Any]]:
    pages = [(await client.get(place)).json()["items"] for place in (PIPELINES, AGENTS)]
    return pages[0], pages[1]


def told(agent: dict[str, Any]) -> dict[str, Any]:
    beside = {"id", "version_number", "created_at", "updated_at", "deleted_at"}
    return {key: value for key, value in agent.items() if key not in beside}


async def test_a_document_says_all_that_is_needed_and_nothing_of_the_moment(
    service: Service,
) -> None:
    document = await exported(service)
    assert document.keys() == {"format", "kind", "name", "tags", "flow", "agents"}
    assert (document["format"], document["kind"], document["name"]) == (1, "pipeline", "Haiku")
    (agent,) = document["agents"]
    assert agent.keys() == {"id", *AGENT}
    (pipeline,), _ = await everything(service.http)
    again = await service.http.get(f"{PIPELINES}/{pipeline['id']}/export")
    assert again.json() == document
    text = json.dumps(document)
    for private in ("created_at", "made_by", "workspace", "default", pipeline["id"]):
        assert private not in text


async def test_another_workspace_has_a_pipeline_that_runs_with_agents_of_its_own(
    service: Service,
) -> None:
    document = await exported(service)
    await service.http.post("/api/v1/workspaces", json={"slug": "acme", "name": "Acme"})
    theirs = await made(service, "member", workspace="acme")
    async with somebody(service.url, theirs) as client:
        answer = await client.post(IMPORT, json=document)
        assert answer.status_code == 201, answer.text
        (agent,) = answer.json()["agents"]
        assert (agent["exported_id"], agent["outcome"]) == (document["agents"][0]["id"], "made")
        assert agent["id"] != agent["exported_id"]
        pipeline = (await client.get(answer.headers["location"])).json()
        assert pipeline == answer.json()["pipeline"]
        assert (pipeline["problems"], pipeline["tags"]) == ([], ["poetry"])
        used = [node["data"] for node in pipeline["flow"]["nodes"]]
        assert (used[0]["agent_id"], used[1]["agentId"]) == (agent["id"], agent["id"])
        assert told((await client.get(f"{AGENTS}/{agent['id']}")).json()) == told(
            (await service.http.get(f"{AGENTS}/{agent['exported_id']}")).json()
        )
        run = await client.post("/api/v1/runs", json={"pipeline_id": pipeline["id"]})
        assert run.status_code == 202, run.text
        both = [each.pop("id") for each in (await everything(client))[1]]
        assert both == [agent["id"]]
        exported_there = (await client.get(f"{answer.headers['location']}/export")).json()
        assert exported_there["agents"][0].pop("id") == agent["id"]
        assert {**document["agents"][0], "id": ""} == {**exported_there["agents"][0], "id": ""}


async def test_an_agent_that_is_here_is_used_and_not_made_again(service: Service) -> None:
    document = await exported(service)
    answer = await service.http.post(f"{IMPORT}?name=Other", json=document)
    assert answer.status_code == 201, answer.text
    (agent,) = answer.json()["agents"]
    assert (agent["id"], agent["outcome"]) == (document["agents"][0]["id"], "found")
    pipelines, agents = await everything(service.http)
    assert ([each["name"] for each in pipelines], len(agents)) == (["Other", "Haiku"], 1)


async def test_a_name_that_is_taken_is_told_and_nothing_is_imported(service: Service) -> None:
    document = await exported(service)
    before = await everything(service.http)
    taken = await service.http.post(IMPORT, json=document)
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    assert taken.json()["taken"] == [{"kind": "pipeline", "name": "Haiku"}]
    other = {**document["agents"][0], "instructions": "Write otherwise."}
    changed = {**document, "name": "Other", "agents": [other]}
    taken = await service.http.post(IMPORT, json=changed)
    assert taken.json()["taken"] == [{"kind": "agent", "name": "Poet"}]
    assert await everything(service.http) == before
    copied = await service.http.post(f"{IMPORT}?on_taken=copy", json={**changed, "name": "Haiku"})
    assert copied.status_code == 201, copied.text
    pipelines, agents = await everything(service.http)
    assert [each["name"] for each in pipelines] == ["Haiku", "Haiku"]
    assert [each["name"] for each in agents] == ["Poet", "Poet"]


CYCLE = {
    "nodes": [
        {"id": name, "type": "agent", "data": {"instructions": "Go on."}} for name in ("a", "b")
    ],
    "edges": [{"source": "a", "target": "b"}, {"source": "b", "target": "a"}],
}
FOREIGN = {"nodes": [{"id": "a", "type": "agent", "data": {"agent_id": "theirs"}}], "edges": []}
BAD: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "no format": ({"format": None}, 422, "invalid_request", ".format"),
    "a newer format": ({"format": 3, "sub_flows": []}, 422, "format_too_new", "format 3"),
    "a format of never": ({"format": 0}, 422, "invalid_request", ".format"),
    "a format in words": ({"format": "1"}, 422, "invalid_request", ".format"),
    "another kind": ({"kind": "run"}, 422, "invalid_request", ".kind"),
    "a field nobody knows": ({"owner": "x"}, 422, "invalid_request", ".owner"),
    "a field of an agent nobody knows": (
        {"agents": [{"id": "a", "name": "A", "api_key": "x"}]},
        *(422, "invalid_request", ".agents[0].api_key"),
    ),
    "no flow": ({"flow": None}, 422, "invalid_request", ".flow"),
    "a flow that is a text": ({"flow": "x"}, 422, "invalid_request", ".flow"),
    "a cycle": ({"flow": CYCLE}, 422, "invalid_flow", "problems"),
    "an agent that is not in it": ({"flow": FOREIGN}, 422, "invalid_flow", "theirs"),
    "one id twice": (
        {"agents": [{"id": "a", "name": "A"}, {"id": "a", "name": "B"}]},
        *(422, "invalid_request", ".agents[1].id"),
    ),
    "too many agents": (
        {"agents": [{"id": str(n), "name": "A"} for n in range(501)]},
        *(422, "invalid_request", ".agents"),
    ),
    "a tool that nobody runs": (
        {"agents": [{"id": "a", "name": "A", "tools": ["shell"]}]},
        *(422, "invalid_request", ".agents[0].tools[0]"),
    ),
    "an empty name": ({"name": ""}, 422, "invalid_request", ".name"),
    "a name with NUL": ({"name": "a\0b"}, 422, "invalid_request", "NUL"),
}


@pytest.mark.parametrize("why", BAD)
async def test_a_document_that_cannot_be_imported_says_why_and_leaves_nothing(
    service: Service, why: str
) -> None:
    document = {"format": 1, "kind": "pipeline", "name": "x", "flow": FLOW, "agents": []}
    change, status, code, named = BAD[why]
    answer = await service.http.post(
        IMPORT,
        json={key: value for key, value in {**document, **change}.items() if value is not None},
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert named in answer.text
    assert await everything(service.http) == ([], [])


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "not_json"),
        (b"[]", 422, "invalid_request"),
        (b"{", 400, "not_json"),
        (b"\xff", 400, "not_json"),
        (json.dumps(FLOW).encode(), 422, "invalid_request"),
        (b'{"format": 1, "kind": "pipeline", "pad": "%s"}' % (b"a" * (20 << 20)), 413, "too_large"),
    ],
    ids=["nothing", "a list", "half", "no text", "a flow", "20 MiB"],
)
async def test_what_is_no_document_is_refused(
    service: Service, body: bytes, status: int, code: str
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await service.http.post(IMPORT, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    form = await service.http.post(IMPORT, content=b"a=b", headers={"Content-Type": "text/csv"})
    assert (form.status_code, form.json()["code"]) == (415, "unsupported_media_type")


async def test_a_flow_that_is_larger_than_flows_may_be_is_not_imported(service: Service) -> None:
    node = {"id": "a", "type": "agent", "data": {"instructions": "a" * (9 << 20)}}
    document = {
        "format": 1,
        "kind": "pipeline",
        "name": "x",
        "flow": {"nodes": [node], "edges": []},
    }
    answer = await service.http.post(IMPORT, json=document)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_an_earlier_version_is_exported_by_its_number(service: Service) -> None:
    answer = await service.http.post(PIPELINES, json={"name": "p", "flow": FLOW})
    where = answer.headers["location"]
    await service.http.put(where, json={"name": "q", "flow": {**FLOW, "edges": []}})
    document = (await service.http.get(f"{where}/export?version=1")).json()
    assert (document["name"], document["flow"]) == ("q", FLOW)
    missing = await service.http.get(f"{where}/export?version=9")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


async def test_a_duplicate_is_another_pipeline_of_the_same_flow(service: Service) -> None:
    body = {"name": "p", "flow": FLOW, "tags": ["a"]}
    original = await service.http.post(PIPELINES, json=body)
    where = original.headers["location"]
    await service.http.put(f"{where}/aliases/prod", json={"version": "1"})
    unnamed = await service.http.post(f"{where}/duplicate")
    assert unnamed.status_code == 201
    named = await service.http.post(f"{where}/duplicate", json={"name": "n" * 200})
    again = await service.http.post(f"{named.headers['location']}/duplicate", json={})
    names = [each.json()["name"] for each in (unnamed, named, again)]
    assert names == ["p (copy)", "n" * 200, f"{'n' * 193} (copy)"]
    for each in (unnamed, named, again):
        assert (each.json()["flow"], each.json()["tags"]) == (FLOW, ["a"])
        assert each.json()["version_number"] == 1
    aliases = await service.http.get(f"{unnamed.headers['location']}/aliases")
    assert aliases.json()["items"] == []
    refused = await service.http.post(f"{where}/duplicate", json={"name": ""})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    await service.http.delete(where)
    gone = await service.http.post(f"{where}/duplicate")
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")


async def test_an_import_tells_the_audit_which_agents_it_made(service: Service) -> None:
    document = await exported(service)
    document["agents"][0]["name"] = "Bard"
    answer = (await service.http.post(f"{IMPORT}?name=b", json=document)).json()
    newest = (await service.http.get("/api/v1/audit")).json()["items"][0]
    assert (newest["action"], newest["subject"]) == (
        *("pipeline.imported", answer["pipeline"]["id"]),
    )
    assert newest["details"]["agents"] == [answer["agents"][0]["id"]]


async def test_tools_go_along_with_the_pipeline_whose_agents_name_them(service: Service) -> None:
    tool = {**example_of_tool(), "tags": ["items"]}
    assert (await service.http.post(TOOLS, json=tool)).status_code == 201
    agent = {"name": "Ann", "instructions": "Find it.", "tools": ["find_item", "web_search"]}
    key = (await service.http.post(AGENTS, json=agent)).json()["id"]
    node = {"id": "a", "type": "agent", "data": {"agent_id": key}}
    body = {"name": "Finding", "flow": {"nodes": [node], "edges": []}}
    where = (await service.http.post(PIPELINES, json=body)).headers["location"]
    document = (await service.http.get(f"{where}/export")).json()
    assert (document["format"], document["tools"]) == (2, [tool])
    here = await service.http.post(f"{IMPORT}?name=Again", json=document)
    assert [each["outcome"] for each in here.json()["tools"]] == ["found"]
    await service.http.post("/api/v1/workspaces", json={"slug": "acme", "name": "Acme"})
    theirs = await made(service, "member", workspace="acme")
    async with somebody(service.url, theirs) as client:
        bare = {**document, "format": 1, "tools": []}
        refused = await client.post(IMPORT, json=bare)
        [problem] = refused.json()["problems"]
        assert (problem["code"], problem["path"]) == ("unknown_tool", ".agents[0].tools[0]")
        answer = await client.post(IMPORT, json=document)
        assert answer.status_code == 201, answer.text
        [became] = answer.json()["tools"]
        kept = (await client.get(f"{TOOLS}/{became['id']}")).json()
        assert (became["outcome"], kept["http"], kept["tags"]) == ("made", tool["http"], ["items"])
        assert answer.json()["pipeline"]["problems"] == []
        other = {**document, "tools": [{**tool, "description": "Another."}]}
        taken = await client.post(f"{IMPORT}?on_taken=copy", json=other)
        assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
        assert taken.json()["taken"] == [{"kind": "tool", "name": "find_item"}]
        twice = await client.post(IMPORT, json={**document, "tools": [tool, tool]})
        assert twice.json()["problems"][0]["path"] == ".tools[1].name"


def example_of_tool() -> dict[str, Any]:
    example = example_of(ToolBody)
    assert isinstance(example, dict)
    return dict(example)
