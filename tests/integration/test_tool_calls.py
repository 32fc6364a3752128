"""A tool of a workspace, called by a worker for the api, and by a run that has it by its name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from services.api.tools.asking import MOST_AT_ONCE
from shared.tools.errands import LARGEST_OUTPUT
from tests.eventually import eventually
from tests.integration.agent_worker.notebook import notebook
from tests.integration.api.people import made, somebody
from tests.integration.api.story import Service
from tests.integration.keys_world import KeysWorld, ended, keys_world
from tests.outside import OutsideServer, Received, answer, text

TOOLS = "/api/v1/tools"
SECRET = "kettle-secret-0001"
SCHEMA = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}


@pytest.fixture
async def world(nats_url: str, database_url: str) -> AsyncIterator[KeysWorld]:
    async with keys_world(nats_url, database_url) as opened:
        yield opened


def definition(url: str, **http: object) -> dict[str, Any]:
    return {
        "name": "find_item",
        "description": "Finds an item.",
        "kind": "http",
        "input_schema": SCHEMA,
        "http": {"method": "GET", "url": url, **http},
    }


async def kept(service: Service, tool: dict[str, Any]) -> str:
    """The path of a new tool."""
    answer = await service.http.post(TOOLS, json=tool)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def called(service: Service, where: str, **arguments: object) -> dict[str, Any]:
    answer = await service.http.post(f"{where}/call", json={"input": arguments})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def working(world: KeysWorld) -> AbstractAsyncContextManager[None]:
    """A worker that may call loopback."""
    return world.worker(PENSTOCK_EGRESS_ALLOW="127.0.0.1")


async def test_a_tool_is_called_by_a_worker_with_the_secrets_of_its_workspace(
    world: KeysWorld,
) -> None:
    api = await world.api()
    await api.http.put("/api/v1/secrets/KETTLE", json={"value": SECRET})
    async with OutsideServer(text("a kettle")) as server, working(world):
        headers = {"Authorization": {"secret": "KETTLE", "prefix": "Bearer "}}
        where = await kept(api, definition(server.url("/{{id}}"), headers=headers))
        told = await called(api, where, id="7")
        assert told.pop("seconds") >= 0
        assert told == {"outcome": "ok", "output": "a kettle", "error": None, "cut": False}
        [request] = server.requests
        assert (request.target, request.headers["authorization"]) == ("/7", f"Bearer {SECRET}")
        assert request.headers["idempotency-key"]
    deeds = (await api.http.get("/api/v1/audit?action=tool.called")).json()["items"]
    assert [each["subject"] for each in deeds] == [where.rpartition("/")[2]]


async def test_what_goes_wrong_with_a_call_is_told_as_its_outcome(world: KeysWorld) -> None:
    api = await world.api()
    async with OutsideServer(answer(500, b"broken")) as server, working(world):
        where = await kept(api, definition(server.url("/{{id}}")))
        unfit = await called(api, where, id=7)
        assert (unfit["outcome"], unfit["error"]["code"]) == ("error", "bad_arguments")
        assert server.requests == []
        failed = await called(api, where, id="7")
        assert (failed["error"]["code"], "broken" in failed["output"]) == ("http_status", True)
        headers = {"Authorization": {"secret": "NOBODYS"}}
        await api.http.put(where, json=definition(server.url("/{{id}}"), headers=headers))
        assert (await called(api, where, id="7"))["error"]["code"] == "missing_secret"
        server.say(text("x" * (LARGEST_OUTPUT + 1)))
        await api.http.put(where, json=definition(server.url("/{{id}}")))
        long = await called(api, where, id="7")
        assert (long["cut"], len(long["output"])) == (True, LARGEST_OUTPUT)
        await api.http.put(where, json=definition("http://10.0.0.1/{{id}}"))
        assert (await called(api, where, id="7"))["error"]["code"] == "egress_refused"


async def test_without_a_worker_nothing_is_called_and_it_is_said_at_once(world: KeysWorld) -> None:
    api = await world.api()
    where = await kept(api, definition("https://api.example.com/{{id}}"))
    answer = await api.http.post(f"{where}/call", json={"input": {"id": "7"}})
    assert (answer.status_code, answer.json()["code"]) == (503, "no_worker")


async def test_a_call_that_takes_too_long_is_an_outcome_too(
    world: KeysWorld,
) -> None:
    api, begun, let_go = await world.api(), asyncio.Event(), asyncio.Event()

    async def wait(request: Received, writer: asyncio.StreamWriter) -> None:
        begun.set()
        await let_go.wait()
        writer.write(text("late"))

    async with OutsideServer(wait) as server, working(world):
        where = await kept(api, definition(server.url("/{{id}}"), timeout_seconds=1))
        told = await called(api, where, id="7")
        assert begun.is_set()
        assert (told["outcome"], told["error"]["code"]) == ("error", "egress_timeout")
        let_go.set()


async def test_a_viewer_calls_nothing_and_another_workspace_has_no_such_tool(
    world: KeysWorld,
) -> None:
    api = await world.api()
    await api.http.post("/api/v1/workspaces", json={"slug": "acme", "name": "Acme"})
    where = await kept(api, definition("https://api.example.com/{{id}}"))
    for who, status in (
        (await made(api, "viewer"), 403),
        (await made(api, "admin", workspace="acme"), 404),
    ):
        async with somebody(api.url, who) as http:
            refused = await http.post(f"{where}/call", json={"input": {"id": "7"}})
            assert refused.status_code == status


async def test_a_run_calls_the_tool_that_its_agent_names(world: KeysWorld) -> None:
    api = await world.api()
    async with OutsideServer(text("a kettle")) as server, working(world):
        await kept(api, definition(server.url("/{{id}}")))
        says = "[[sim: tool=find_item tool_input='" + json.dumps({"id": "7"}) + "' results rate=0]]"
        data = {"instructions": says, "tools": ["find_item"], "model": "claude-haiku-5-5"}
        flow = {"nodes": [{"id": "ann", "type": "agent", "data": data}], "edges": []}
        run = await api.http.post("/api/v1/runs", json={"flow": flow})
        assert run.status_code == 202, run.text
        over = await ended(api, run.json()["run_id"])
        assert (over["status"], over["output"]) == ("completed", "a kettle")
        assert [each.target for each in server.requests] == ["/7"]


async def test_what_an_mcp_server_lists_is_kept_with_the_tool(
    world: KeysWorld, tmp_path: Path
) -> None:
    api, definition = await world.api(), {"name": "notes", "description": "Notes.", "kind": "mcp"}
    async with notebook(tmp_path) as url, working(world):
        chosen = {"url": url, "tools": ["find_notes", "add_note"]}
        where = await kept(api, {**definition, "mcp": chosen})
        tool = (await api.http.get(where)).json()
        assert [each["name"] for each in tool["listed"]] == chosen["tools"]
        body = {"input": {"text": "a kettle"}, "tool": "notes_add_note"}
        told = (await api.http.post(f"{where}/call", json=body)).json()
        assert (told["outcome"], told["output"]) == ("ok", "The note is written.")
        unsaid = await api.http.post(f"{where}/call", json={"input": {}})
        [problem] = unsaid.json()["problems"]
        assert (unsaid.status_code, problem["path"]) == (422, ".tool")
        missing = {**definition, "name": "other", "mcp": {**chosen, "tools": ["burn_notes"]}}
        refused = await api.http.post(TOOLS, json=missing)
        [problem] = refused.json()["problems"]
        assert (problem["code"], problem["path"]) == ("tool_missing", ".mcp")
    unheard = await api.http.post(TOOLS, json={**definition, "name": "more", "mcp": chosen})
    assert (unheard.status_code, unheard.json()["code"]) == (503, "no_worker")


async def test_a_workspace_leaves_room_for_the_calls_of_others(world: KeysWorld) -> None:
    api = await world.api()
    await api.http.post("/api/v1/workspaces", json={"slug": "acme", "name": "Acme"})
    begun, let_go = [], asyncio.Event()

    async def wait(request: Received, writer: asyncio.StreamWriter) -> None:
        begun.append(request.target)
        await let_go.wait()
        writer.write(text("at last"))

    async with OutsideServer(wait) as server, working(world):
        where = await kept(api, definition(server.url("/{{id}}")))
        slow = [asyncio.create_task(called(api, where, id=str(n))) for n in range(MOST_AT_ONCE)]
        await eventually(lambda: len(begun) == MOST_AT_ONCE)
        more = await api.http.post(f"{where}/call", json={"input": {"id": "more"}})
        assert (more.status_code, more.json()["code"]) == (429, "errands_limit")
        assert int(more.headers["retry-after"]) > 0
        async with somebody(api.url, await made(api, "member", workspace="acme")) as http:
            other = (await http.post(TOOLS, json=definition(server.url("/{{id}}")))).headers
            theirs = asyncio.create_task(
                http.post(f"{other['location']}/call", json={"input": {"id": "theirs"}})
            )
            await eventually(lambda: "/theirs" in begun)
            let_go.set()
            assert (await theirs).json()["output"] == "at last"
        assert [each["output"] for each in await asyncio.gather(*slow)] == ["at last"] * len(slow)
        assert (await called(api, where, id="again"))["outcome"] == "ok"
