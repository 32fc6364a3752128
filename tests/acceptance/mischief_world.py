"""A stack with two workspaces that know nothing of each other, and the people who come there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import asyncpg
import httpx2

from services.projector.usage_sums import SUMS
from tests.integration.api.people import (
    WORKSPACES,
    Made,
    User,
    cookie_of,
    logged_in,
    made,
    member,
    revoke,
    somebody,
)
from tests.integration.api.story import Service
from tests.stack import RunningStack

OURS, THEIRS = "acme", "globex"
# In all that is Globex's, and nowhere else.
MARK = "zebra"
KEY = f"sk-ant-api03-a-{MARK}-key-0001"
ASKS: Mapping[str, Any] = {
    "nodes": [{"id": "ask", "type": "approval", "data": {"message": MARK}}],
    "edges": [],
}
_TABLES = """
    select c.relname from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace'
    where c.relkind in ('r', 'p') and not c.relispartition
    and c.relnamespace = 'public'::regnamespace order by 1
"""
# Of use, not of change; and what services write by themselves.
_PASSING = ("last_used_at", "published")
_OWN_PACE = ("lingering_runs", "inert_facts", "work_queues", *SUMS)

Rows: TypeAlias = Mapping[str, Sequence[str]]


@dataclass
class World:
    """Who is there: Ann is an admin of Acme, Ben of Globex, Vera reads in Acme."""

    stack: RunningStack
    service: Service
    ann: User
    ben: User
    vera: User
    tokens: Mapping[str, Made]
    ids: Mapping[str, str]
    runs: int
    cookies: dict[str, str] = field(default_factory=dict)

    async def rows(self) -> Rows:
        """The rows of both workspaces as texts, by table."""
        connection = await asyncpg.connect(self.stack.stack["database_url"])
        found = {}
        for (table,) in await connection.fetch(_TABLES):
            if table not in _OWN_PACE:
                without = " ".join(f"- '{each}'" for each in _PASSING)
                query = (
                    f"select (to_jsonb(t) {without})::text from {table} t "
                    "where workspace = any($1) order by 1"
                )
                rows = await connection.fetch(query, [OURS, THEIRS])
                found[table] = [row for (row,) in rows]
        await connection.close()
        return found

    async def count(self, query: str, *values: object) -> int:
        """What a query of a number answers."""
        connection = await asyncpg.connect(self.stack.stack["database_url"])
        found = int(await connection.fetchval(query, *values))
        await connection.close()
        return found

    def asking(self, who: str, **headers: str) -> httpx2.AsyncClient:
        """A client of one of `tokens`, of a stranger, or of Ann by her cookie."""
        client = somebody(self.service.url, self.tokens.get(who))
        client.headers.update(headers)
        if who == "Ann":
            client.cookies.set("penstock_session", self.cookies[who])
        return client


async def made_world(stack: RunningStack, http: httpx2.AsyncClient, runs: int) -> World:
    """Everybody, and one of everything that is Globex's."""
    service = Service(stack.stack["api_url"], http, asyncio.Event())
    for slug in (OURS, THEIRS):
        await _sent(http, "POST", WORKSPACES, {"slug": slug, "name": slug})
    ann = await member(service, "Ann", "admin", OURS)
    ben = await member(service, "Ben", "admin", THEIRS)
    vera = await member(service, "Vera", "viewer", OURS)
    tokens = {
        "viewer": await made(service, "viewer", workspace=OURS),
        "admin": await made(service, "admin", workspace=OURS),
        "other": await made(service, "admin", workspace=THEIRS),
        "revoked": await made(service, "admin"),
        "expired": await made(service, "admin", workspace=OURS),
    }
    await revoke(service, tokens["revoked"])
    connection = await asyncpg.connect(stack.stack["database_url"])
    await connection.execute(
        "update tokens set expires_at = now() where id = $1", tokens["expired"].id
    )
    await connection.close()
    async with somebody(service.url, tokens["other"]) as theirs:
        ids = await _theirs(theirs)
    async with logged_in(service.url, ann, OURS) as page:
        cookies = {"Ann": cookie_of(page)}
    return World(stack, service, ann, ben, vera, tokens, ids, runs, cookies)


async def _theirs(http: httpx2.AsyncClient) -> Mapping[str, str]:
    agent = {"name": f"Ann {MARK}", "instructions": f"Draft it, {MARK}."}
    poet = (await _sent(http, "POST", "/api/v1/agents", agent))["id"]
    nodes = [{"id": MARK, "type": "agent", "data": {"agent_id": poet}}]
    body = {"name": MARK, "flow": {"nodes": nodes, "edges": []}, "tags": [MARK]}
    pipeline = (await _sent(http, "POST", "/api/v1/pipelines", body))["id"]
    await _sent(http, "PUT", "/api/v1/provider-keys/anthropic?test=false", {"key": KEY})
    await _sent(http, "PUT", f"/api/v1/secrets/{MARK.upper()}", {"value": f"a {MARK}"})
    run = (await _sent(http, "POST", "/api/v1/runs", {"flow": ASKS, "input": MARK}))["run_id"]
    body = {"filter": {"tags": ["none"]}}
    job = (await _sent(http, "POST", "/api/v1/runs/cancel", body))["id"]
    return {"agent": poet, "pipeline": pipeline, "run": run, "job": job}


async def _sent(http: httpx2.AsyncClient, method: str, path: str, body: object) -> dict[str, Any]:
    answer = await http.request(method, path, json=body)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json() if answer.content else {}
    return found


def changed(before: Rows, after: Rows) -> str:
    """Which tables have other rows now."""
    names = [
        f"{name} +{len(set(after[name]) - set(before[name]))}"
        f"-{len(set(before[name]) - set(after[name]))}"
        for name in after
        if after[name] != before[name]
    ]
    return "rows unchanged" if not names else f"rows changed: {', '.join(names)}"


def said(answer: httpx2.Response) -> str:
    """The code and the sentence of an answer, as who asked reads them."""
    if answer.is_success:
        return answer.text[:120]
    try:
        problem = answer.json()
    except json.JSONDecodeError:
        return answer.text[:120]
    return f"{problem.get('code')}: {problem.get('detail')}"


Trick: TypeAlias = Callable[[World], Awaitable["Tried"]]


@dataclass(frozen=True)
class Tried:
    """What was answered, and what was looked at afterwards; `is_well` if that is as it must be."""

    answers: Sequence[httpx2.Response]
    found: str
    is_well: bool
