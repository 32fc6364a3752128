"""Tools of a workspace over HTTP: kept, found by their names, laid into the flows of runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.api.description.openapi import example_of
from services.api.tools.models import ToolBody
from shared.log import Log
from shared.log.subjects import partition_of
from shared.run import facts as f
from shared.run.content import Cause
from tests.integration.api.story import Service
from tests.unit.tools.mcp_tools import find, mcp_tool

TOOLS, AGENTS, PIPELINES, RUNS = (
    f"/api/v1/{what}" for what in ("tools", "agents", "pipelines", "runs")
)
EXAMPLE = example_of(ToolBody)
assert isinstance(EXAMPLE, dict)
TOOL: dict[str, Any] = dict(EXAMPLE)
HTTP: dict[str, Any] = TOOL["http"]


def agent_flow(**data: object) -> dict[str, Any]:
    node = {"id": "a", "type": "agent", "data": {"instructions": "Find it.", **data}}
    return {"nodes": [node], "edges": []}


async def made(service: Service, **more: object) -> dict[str, Any]:
    answer = await service.http.post(TOOLS, json={**TOOL, **more})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def tools_of_run(service: Service, log: Log, body: dict[str, Any]) -> Any:
    """What the run's stored flow has as tools of its agent."""
    run = await service.http.post(RUNS, json=body)
    assert run.status_code == 202, run.text
    read = (await service.http.get(f"{RUNS}/{run.json()['run_id']}")).json()
    stored = await log.get_flow(read["flow"])
    assert stored is not None
    return json.loads(stored)["nodes"][0]["data"]["tools"]


async def test_a_tool_is_kept_replaced_listed_deleted_and_restored(service: Service) -> None:
    answer = await service.http.post(TOOLS, json={**TOOL, "tags": ["items"]})
    assert answer.status_code == 201, answer.text
    where, tag = answer.headers["location"], answer.headers["etag"]
    assert answer.json().items() >= {**TOOL, "tags": ["items"], "version_number": 1}.items()
    assert (await service.http.get(where)).json() == answer.json()
    other = {**TOOL, "description": "Finds it.", "policy": {"on_lost": "fail"}}
    saved = await service.http.put(where, json=other, headers={"If-Match": tag})
    assert (saved.status_code, saved.json()["version_number"]) == (200, 2)
    late = await service.http.put(where, json=TOOL, headers={"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    for query in ("", "?tags=items", "?search=FIND"):
        items = (await service.http.get(f"{TOOLS}{query}")).json()["items"]
        assert [each["id"] for each in items] == [saved.json()["id"]], query
    assert (await service.http.get(f"{TOOLS}?search=other")).json()["items"] == []
    assert (await service.http.delete(where)).status_code == 204
    gone = await service.http.get(where)
    assert gone.status_code == 404
    assert "restore" in gone.json()["detail"]
    listed = (await service.http.get(f"{TOOLS}?deleted=true")).json()["items"]
    assert [each["name"] for each in listed] == ["find_item"]
    back = await service.http.post(f"{where}/restore")
    assert (back.status_code, back.json()["policy"]) == (200, {"on_lost": "fail"})


async def test_no_two_tools_have_one_name(service: Service) -> None:
    first, second = await made(service), await made(service, name="other")
    again = await service.http.post(TOOLS, json=TOOL)
    renamed = await service.http.put(f"{TOOLS}/{second['id']}", json=TOOL)
    for refused in (again, renamed):
        assert (refused.status_code, refused.json()["code"]) == (409, "name_taken")
    await service.http.delete(f"{TOOLS}/{first['id']}")
    assert (await service.http.put(f"{TOOLS}/{second['id']}", json=TOOL)).status_code == 200
    back = await service.http.post(f"{TOOLS}/{first['id']}/restore")
    assert (back.status_code, back.json()["code"]) == (409, "name_taken")


@pytest.mark.parametrize(
    ("more", "code", "path"),
    [
        ({"name": "web-search"}, "reserved_name", ".name"),
        ({"name": "two words"}, "bad_value", ".name"),
        ({"kind": "smoke_signal"}, "bad_value", ".kind"),
        ({"input_schema": {"type": "array"}}, "bad_schema", ".input_schema"),
        ({"http": {**HTTP, "url": "ftp://x/"}}, "bad_url", ".http.url"),
        ({"http": {**HTTP, "url": "https://{{id}}/"}}, "placeholder_in_host", ".http.url"),
        ({"http": {**HTTP, "url": "https://a:b@x/"}}, "user_in_url", ".http.url"),
        ({"http": {**HTTP, "headers": {"Host": "x"}}}, "bad_header", ".http.headers"),
        ({"http": {**HTTP, "body": {}}}, "bad_body", ".http"),
        ({"http": {**HTTP, "result_path": "x"}}, "bad_pointer", ".http.result_path"),
        ({"http": {**HTTP, "query": {"q": "{{nobody}}"}}}, "unknown_placeholder", ""),
        ({"http": {**HTTP, "timeout_seconds": "30"}}, "bad_value", ".http.timeout_seconds"),
        ({"htp": {}}, "unknown_field", ".htp"),
        ({"tags": ["a,b"]}, "bad_value", ".tags[0]"),
    ],
)
async def test_a_definition_that_is_none_is_refused_where_it_is_wrong(
    service: Service, more: dict[str, Any], code: str, path: str
) -> None:
    answer = await service.http.post(TOOLS, json={**TOOL, **more})
    [problem] = answer.json()["problems"]
    assert (answer.status_code, problem["code"], problem["path"]) == (422, code, path)
    assert problem["message"].startswith(f"{path or 'the whole'}: expected ")
    own = await service.http.post(AGENTS, json={"name": "Ann", "tools": [{**TOOL, **more}]})
    if path != ".tags[0]":
        [problem] = own.json()["problems"]
        assert (problem["code"], problem["path"]) == (code, f".tools[0]{path}")


async def test_what_a_body_says_with_null_is_kept(service: Service) -> None:
    body = {"a": None, "b": ["{{id}}", None]}
    tool = await made(service, http={"method": "POST", "url": "https://x.example/", "body": body})
    assert tool["http"] == {"method": "POST", "url": "https://x.example/", "body": body}
    own = {**TOOL, "http": tool["http"]}
    agent = (await service.http.post(AGENTS, json={"name": "Ann", "tools": [own]})).json()
    assert agent["tools"] == [own]


async def test_a_tool_has_versions_like_an_agent(service: Service) -> None:
    where = f"{TOOLS}/{(await made(service, note='the beginning'))['id']}"
    await service.http.put(where, json={**TOOL, "http": {**HTTP, "timeout_seconds": 60}})
    second, first = (await service.http.get(f"{where}/versions")).json()["items"]
    assert [second["number"], first["number"], first["note"]] == [2, 1, "the beginning"]
    assert {**first["settings"], "name": "find_item"} == TOOL
    diff = (await service.http.get(f"{where}/versions/2/diff")).json()
    assert [(each["op"], each["path"], each["new"]) for each in diff["changes"]] == [
        ("add", "/http/timeout_seconds", 60)
    ]
    named = await service.http.put(f"{where}/versions/1", json={"name": "as it was"})
    assert named.json()["name"] == "as it was"
    back = (await service.http.post(f"{where}/versions/1/restore")).json()
    assert (back["version_number"], back["http"]) == (3, HTTP)
    for spelled in ("0", "9", "one"):
        assert (await service.http.get(f"{where}/versions/{spelled}/diff")).status_code == 404


async def test_a_run_has_the_tool_that_its_name_stood_for_when_it_began(
    service: Service, log: Log
) -> None:
    where = f"{TOOLS}/{(await made(service))['id']}"
    agent = {"name": "Ann", "instructions": "Find it.", "tools": ["web_search", "find_item"]}
    key = (await service.http.post(AGENTS, json=agent)).json()["id"]
    flow = agent_flow(agent_id=key)
    saved = await service.http.post(PIPELINES, json={"name": "p", "flow": flow})
    assert saved.json()["problems"] == []
    by_name = {"flow": agent_flow(tools=["find_item", "find_item"])}
    body = {"pipeline_id": saved.json()["id"]}
    for _ in range(2):
        assert await tools_of_run(service, log, body) == ["web_search", TOOL]
        assert await tools_of_run(service, log, by_name) == [TOOL]
    other = {**TOOL, "description": "Finds another."}
    assert (await service.http.put(where, json=other)).status_code == 200
    assert await tools_of_run(service, log, body) == ["web_search", other]
    assert await tools_of_run(service, log, by_name) == [other]


async def test_a_name_that_nobody_has_is_a_problem_until_somebody_has(service: Service) -> None:
    tool = await made(service)
    agent = {"name": "Ann", "instructions": "Find it.", "tools": ["find_item"]}
    key = (await service.http.post(AGENTS, json=agent)).json()["id"]
    pipelines = [
        await service.pipeline(agent_flow(**data))
        for data in ({"tools": ["find_item"]}, {"agent_id": key}, {"agentId": key})
    ]

    async def problems() -> list[list[str]]:
        found = [(await service.http.get(f"{PIPELINES}/{each}")).json() for each in pipelines]
        return [[problem["code"] for problem in each["problems"]] for each in found]

    assert await problems() == [[]] * 3
    await service.http.delete(f"{TOOLS}/{tool['id']}")
    assert await problems() == [["unknown_tool"]] * 3
    run = await service.http.post(RUNS, json={"pipeline_id": pipelines[1]})
    assert (run.status_code, run.json()["problems"][0]["code"]) == (422, "unknown_tool")
    told = run.json()["problems"][0]["message"]
    assert "expected web_search, web_fetch or a tool of the workspace" in told
    await service.http.post(f"{TOOLS}/{tool['id']}/restore")
    assert await problems() == [[]] * 3
    await service.http.put(f"{TOOLS}/{tool['id']}", json={**TOOL, "name": "other"})
    assert await problems() == [["unknown_tool"]] * 3
    await made(service)
    assert await problems() == [[]] * 3


async def test_an_agent_that_names_a_tool_that_nobody_has_is_refused(service: Service) -> None:
    answer = await service.http.post(AGENTS, json={"name": "Ann", "tools": ["find_item"]})
    [problem] = answer.json()["problems"]
    assert (answer.status_code, problem["code"], problem["path"]) == (
        422,
        "unknown_tool",
        ".tools[0]",
    )


async def test_a_fork_may_name_a_tool_of_the_workspace(service: Service, log: Log) -> None:
    await made(service)
    run = (await service.http.post(RUNS, json={"flow": agent_flow()})).json()["run_id"]
    ours: dict[str, Any] = {"workspace": "default", "run": run, "partition": partition_of(run, 2)}
    await log.append(f.RunFailed(**ours, error=Cause(code="c", message="m")))
    body = {"from_steps": ["a"], "overrides": {"a": {"tools": ["find_item"]}}}
    fork = await service.http.post(f"{RUNS}/{run}/fork", json=body)
    assert fork.status_code == 202, fork.text
    read = (await service.http.get(f"{RUNS}/{fork.json()['run_id']}")).json()
    stored = await log.get_flow(read["flow"])
    assert stored is not None
    assert json.loads(stored)["nodes"][0]["data"]["tools"] == [TOOL]
    body["overrides"] = {"a": {"tools": ["nobodys"]}}
    refused = await service.http.post(f"{RUNS}/{run}/fork", json=body)
    assert (refused.status_code, refused.json()["problems"][0]["code"]) == (422, "unknown_tool")


async def test_only_an_admin_trusts_what_an_mcp_server_says_of_its_tools(service: Service) -> None:
    body = {"name": "ci", "role": "member"}
    token = (await service.http.post("/api/v1/tokens", json=body)).json()["token"]
    server = {"url": "https://mcp.example.com/mcp", "tools": ["read"], "trusted": True}
    tool = {"name": "book", "description": "A book.", "kind": "mcp", "mcp": server}
    as_member = {"Authorization": f"Bearer {token}"}
    answer = await service.http.post(TOOLS, json=tool, headers=as_member)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    # An admin gets as far as asking a worker, of which there is none here.
    assert (await service.http.post(TOOLS, json=tool)).json()["code"] == "no_worker"


async def test_only_an_admin_imports_a_tool_whose_server_is_trusted(service: Service) -> None:
    body = {"name": "ci", "role": "member"}
    token = (await service.http.post("/api/v1/tokens", json=body)).json()["token"]
    tool = mcp_tool(listed=[find()], trusted=True).model_dump(mode="json", exclude_unset=True)
    node = {"id": "a", "type": "template", "data": {"template": "x"}}
    flow = {"nodes": [node], "edges": []}
    document = {"format": 2, "kind": "pipeline", "name": "Book", "flow": flow, "tools": [tool]}
    as_member = {"Authorization": f"Bearer {token}"}
    where = f"{PIPELINES}/import"
    refused = await service.http.post(where, json=document, headers=as_member)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await service.http.get(TOOLS)).json()["items"] == []
    answer = await service.http.post(where, json=document)
    assert answer.status_code == 201, answer.text
    # It is here by now, so that a member may import what names it.
    again = await service.http.post(f"{where}?name=Again", json=document, headers=as_member)
    assert again.status_code == 201, again.text
