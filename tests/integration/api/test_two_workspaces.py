"""Two workspaces through everything: nothing of the other is in an answer, nothing of it changes.

The calls are those of the route table, the rows those of every table that has a workspace.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

import httpx2

from services.api.calls import CALLS
from services.api.description.openapi import example_of
from services.api.http.calls import Call
from services.api.http.models import AGENT_ID, PIPELINE_ID, RUN_ID, TOOL_ID
from shared.log import Log
from tests.integration.api.another_workspace import (
    MARK,
    THEIRS,
    Another,
    another,
    rows_of,
)
from tests.integration.api.people import (
    WORKSPACE,
    logged_in,
    made,
    member,
    somebody,
)
from tests.integration.api.story import Service

OURS = "acme"
ENDLESS = ("/api/v1/events",)
ENDING = ("DELETE /api/v1/session", "PUT /api/v1/me/password")
SOMETIMES_AWAY = (
    "/api/v1/provider-keys/{provider}",
    "/health/ready",
    "/sign-in",
    "/w/{rest:path}",
)
"""No provider is there to test a key, a busy machine is not always ready, a checkout has no console
before `make run` builds it."""
# What a path's `{id}` is, by what stands before it.
IDS = {
    "jobs": "job",
    "agents": "agent",
    "pipelines": "pipeline",
    "tools": "tool",
    "users": "user",
    "members": "member",
    "invites": "invite",
    "tokens": "token",
    "executions": "run",
}
_PARAM = re.compile(r"([\w-]+)/\{(\w+)(?::path)?\}")


def paths(call: Call, there: Another) -> Iterator[str]:
    """The call's path, of things of the other workspace: of each of its runs, if it is of one."""
    fixed: dict[str, str] = {
        "n": "0",
        "sha256": there.ids["sha256"],
        "slug": THEIRS,
        "alias": "prod",
        "version": "1",
        "number": "1",
        "provider": "anthropic",
        "name": MARK.upper(),
        "rest": "runs",
    }
    runs = ("run", "gone", "waiting") if "{run_id}" in call.path else ("run",)
    for run in runs:

        def filled(found: re.Match[str], run: str = run) -> str:
            before, name = found.groups()
            known = {**fixed, "run_id": there.ids[run], "pipeline_id": there.ids["pipeline"]}
            value = there.ids[IDS[before]] if name == "id" else known[name]
            return f"{before}/{value}"

        yield _PARAM.sub(filled, call.path)


def queries(call: Call, there: Another) -> Iterator[Mapping[str, str]]:
    """Nothing, then one parameter after another that names something of the other workspace."""
    yield {}
    hostile = {
        "workspace": THEIRS,
        "everywhere": "true",
        "search": MARK,
        "tags": MARK,
        "pipeline_id": there.ids["pipeline"],
        "id_prefix": there.ids["run"],
        "execution_id": there.ids["run"],
        "requested_by": "a admin",
        "node": f"{MARK}-0",
        "metadata": json.dumps({"of": MARK}),
        "status": "completed",
        "deleted": "true",
        "limit": "200",
        "after": "0",
        "ticket": "x",
        "group_by": "day,pipeline,agent,model",
    }
    yield {"workspace": THEIRS}
    for name in call.query.model_fields if call.query else ():
        if name in hostile:
            yield {name: hostile[name]}


def body(call: Call, there: Another) -> object:
    """The example of the call's body, of agents, pipelines and runs of the other workspace."""
    if call.body is None:
        return None
    text = json.dumps(example_of(call.body))
    named = {AGENT_ID: "agent", PIPELINE_ID: "pipeline", TOOL_ID: "tool", RUN_ID: "run"}
    for example, what in named.items():
        text = text.replace(example, there.ids[what])
    found = json.loads(text)
    if isinstance(found, dict) and "workspace" in (call.body.model_fields or ()):
        found["workspace"] = THEIRS
    return found


async def told(client: httpx2.AsyncClient, call: Call, there: Another) -> dict[str, set[str]]:
    """What answers tell of the other workspace, but for what was said in the request."""
    found: dict[str, set[str]] = {}
    for path in paths(call, there):
        for query in queries(call, there):
            sent = body(call, there)
            async with client.stream(call.method, path, params=query, json=sent) as answer:
                asked = f"{call.method} {answer.request.url} {json.dumps(sent)}"
                assert answer.status_code < 500 or call.path in SOMETIMES_AWAY, asked
                if call.path in ENDLESS and answer.is_success:
                    continue
                text = (await answer.aread()).decode() + str(answer.headers)
            leaked = {word for word in there.words if word in text and word not in asked}
            if leaked:
                found[asked] = leaked
    return found


async def test_nothing_of_another_workspace_is_in_any_answer(
    projected: Service, log: Log, database_url: str
) -> None:
    service = projected
    await service.http.post("/api/v1/workspaces", json={"slug": OURS, "name": "Acme"})
    there = await another(service, log, database_url)
    before = await rows_of(database_url)
    # Of a user it is the personal one.
    assert [table for table, rows in before.items() if not rows] == ["users"]
    ann = await member(service, "Ann", "admin", OURS)
    ours = await made(service, "admin", workspace=OURS)
    leaks: dict[str, set[str]] = {}
    async with somebody(service.url, ours) as by_token, logged_in(service.url, ann, OURS) as page:
        for client in (by_token, page):
            for call in CALLS:
                if f"{call.method} {call.path}" not in ENDING:
                    leaks |= await told(client, call, there)
    assert leaks == {}
    assert await rows_of(database_url) == before


async def test_a_header_or_a_parameter_that_names_another_workspace_opens_nothing(
    service: Service,
) -> None:
    for slug in (OURS, THEIRS):
        await service.http.post("/api/v1/workspaces", json={"slug": slug, "name": slug})
    ann = await member(service, "Ann", "admin", OURS)
    of_one = ("viewer", "member", "admin", "ticket")
    async with logged_in(service.url, ann) as page:
        for call in CALLS:
            if call.access not in of_one:
                continue
            path = _PARAM.sub(r"\1/x", call.path)
            for headers, query in (({WORKSPACE: THEIRS}, {}), ({}, {"workspace": THEIRS})):
                answer = await page.request(call.method, path, headers=headers, params=query)
                assert answer.status_code == 404, (call.method, path, query, answer.text)


async def test_a_token_does_nothing_where_another_workspace_is_named(service: Service) -> None:
    for slug in (OURS, THEIRS):
        await service.http.post("/api/v1/workspaces", json={"slug": slug, "name": slug})
    secret = "/api/v1/secrets/X"
    async with somebody(service.url, await made(service, "admin", workspace=OURS)) as client:
        for headers, query in (({WORKSPACE: THEIRS}, {}), ({}, {"workspace": THEIRS})):
            refused = await client.put(secret, json={"value": "x"}, headers=headers, params=query)
            assert refused.status_code == 404
            assert f"a token is of one, this of '{OURS}'" in refused.json()["detail"]
        assert (await client.get(secret)).status_code == 404
        named = {WORKSPACE: OURS}
        assert (await client.put(secret, json={"value": "x"}, headers=named)).status_code == 200
