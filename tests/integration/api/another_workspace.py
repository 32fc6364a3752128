"""A workspace that has one of everything, all with a word that is nowhere else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
import httpx2

from services.api.description.openapi import example_of
from services.api.tools.models import ToolBody
from shared.log import Log
from tests.eventually import eventually
from tests.integration.api.people import made, member, secret_of, somebody
from tests.integration.api.story import Service, Story

THEIRS, MARK = "globex", "zebra"
# A number that no metric happens to have.
MOST = 777_531_902
KEY = f"sk-ant-api03-a-{MARK}-key-0001"
ASKS = {"nodes": [{"id": "ask", "type": "approval", "data": {"message": MARK}}], "edges": []}
TABLES = """
    select c.relname from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace'
    where c.relkind in ('r', 'p') and not c.relispartition
    and c.relnamespace = 'public'::regnamespace order by 1
"""
# What services write that do not run here.
_PARKED = """
    insert into parked_runs (run_id, workspace, partition, seq, reason) values ($1, $2, 0, 1, $3)
"""
_QUEUE = "insert into work_queues (queue, workspace, after_sequence) values ('limited7', $1, 0)"
_USED = """
    insert into usage_sums values ($1, 'whole', 'day', date_trunc('day', now()), $2, $2, $2,
        current_date, 0, false, $2, 1, 1, 0, 0, 0, 0, 0, 0)
"""

_SPANS = """
    insert into usage_spans values ($1, 24, date_trunc('day', now()), $2, $2, current_date, 0,
        current_date, current_date, $2, 1, 1, 0, 0, 0, 0, 0, 0)
"""
_RANKING = """
    insert into usage_ranking values ($1, 24, date_trunc('day', now()), $2, 1, 0, 2, 2)
"""


@dataclass(frozen=True, slots=True)
class Another:
    """What stands there: ids by what they are of, and the texts that are nobody else's."""

    ids: Mapping[str, str]
    words: frozenset[str]
    email: str


async def rows_of(database_url: str) -> dict[str, list[str]]:
    """The rows of the workspace, as texts, by table: of each table that has a workspace."""
    connection = await asyncpg.connect(database_url)
    found = {}
    for (table,) in await connection.fetch(TABLES):
        query = f"select to_jsonb(t)::text from {table} t where workspace = $1 order by 1"
        found[table] = [row for (row,) in await connection.fetch(query, THEIRS)]
    await connection.close()
    return found


async def another(service: Service, log: Log, database_url: str) -> Another:
    """Makes the workspace, by calls of its own admin and of who runs the installation."""
    await service.http.post("/api/v1/workspaces", json={"slug": THEIRS, "name": MARK})
    ben = await member(service, "Ben", "admin", THEIRS)
    theirs = await made(service, "admin", workspace=THEIRS)
    limits = {"runs_in_flight": MOST}
    await service.http.put(f"/api/v1/workspaces/{THEIRS}/limits", json=limits)
    async with somebody(service.url, theirs) as http:
        ids = {"token": theirs.id, "user": ben.id, "member": ben.id}
        ids |= await _definitions(http) | await _people(http)
        ids |= await _runs(http, log, ids["pipeline"])
        await eventually(lambda: _is_settled(http, database_url))
    connection = await asyncpg.connect(database_url)
    for query, *values in (
        (_PARKED, ids["waiting"], THEIRS, MARK),
        (_QUEUE, THEIRS),
        (_USED, THEIRS, MARK),
        (_SPANS, THEIRS, MARK),
        (_RANKING, THEIRS, MARK),
    ):
        await connection.execute(query, *values)
    await connection.close()
    words = {THEIRS, MARK, str(MOST), *ids.values()} - {ids["sha256"]}
    for rows in (await rows_of(database_url)).values():
        words |= {value for row in rows for value in json.loads(row).values() if _is_id(value)}
    return Another(ids, frozenset(words), ben.email)


async def _made(http: httpx2.AsyncClient, method: str, path: str, body: object) -> dict[str, Any]:
    answer = await http.request(method, f"/api/v1{path}", json=body)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json() if answer.content else {}
    return found


async def _definitions(http: httpx2.AsyncClient) -> dict[str, str]:
    example = example_of(ToolBody)
    assert isinstance(example, dict)
    tool = {**example, "name": MARK, "description": MARK, "tags": [MARK]}
    finder = (await _made(http, "POST", "/tools", tool))["id"]
    await _made(http, "PUT", f"/tools/{finder}", {**tool, "description": f"Once more, {MARK}."})
    await _made(http, "PUT", f"/tools/{finder}/versions/1", {"name": MARK, "note": MARK})
    agent: dict[str, object] = {"name": f"Ann {MARK}", "tools": [MARK], "tags": [MARK]}
    agent |= {"instructions": f"Draft it, {MARK}."}
    poet = (await _made(http, "POST", "/agents", agent))["id"]
    answer = await http.get(f"/api/v1/agents/{poet}")
    changed = {**agent, "instructions": f"Once more, {MARK}."}
    headers = {"If-Match": answer.headers["etag"]}
    assert (await http.put(f"/api/v1/agents/{poet}", json=changed, headers=headers)).is_success
    nodes = [{"id": f"{MARK}-{n}", "type": "agent", "data": {"agent_id": poet}} for n in range(2)]
    edges = [{"source": f"{MARK}-0", "target": f"{MARK}-1"}]
    body = {"name": MARK, "flow": {"nodes": nodes, "edges": edges}, "tags": [MARK]}
    pipeline = (await _made(http, "POST", "/pipelines", body))["id"]
    await _made(http, "PUT", f"/pipelines/{pipeline}/aliases/prod", {"version": "1"})
    await _made(http, "PUT", f"/pipelines/{pipeline}/versions/1", {"name": MARK, "note": MARK})
    await _made(http, "PUT", "/provider-keys/anthropic?test=false", {"key": KEY})
    await _made(http, "PUT", f"/secrets/{MARK.upper()}", {"value": f"a {MARK} secret"})
    return {"agent": poet, "pipeline": pipeline, "tool": finder}


async def _people(http: httpx2.AsyncClient) -> dict[str, str]:
    body = {"email": f"{MARK}@example.org", "role": "viewer"}
    invite = await _made(http, "POST", "/invites", body)
    await _made(http, "PUT", f"/workspaces/{THEIRS}/retention", {"days": 777})
    return {"invite": invite["id"], "link": secret_of(invite["url"])}


async def _runs(http: httpx2.AsyncClient, log: Log, pipeline: str) -> dict[str, str]:
    """One that is over, one that waits, one that was deleted, and a job."""
    asked = {"input": MARK, "tags": [MARK], "metadata": {"of": MARK}}
    over, gone = [
        (await _made(http, "POST", "/runs", {**asked, "pipeline_id": pipeline}))["run_id"]
        for _ in range(2)
    ]
    large = f"{MARK} " * 20_000
    for run in (over, gone):
        story = Story(log, run, workspace=THEIRS)
        await story.begin()
        await story.start(0, f"{MARK}-0")
        await story.complete_large(0, f"{MARK}-0", large)
        await story.complete(1, f"{MARK}-1", MARK)
        await story.end(MARK)
    waiting = (await _made(http, "POST", "/runs", {**asked, "flow": ASKS}))["run_id"]
    story = Story(log, waiting, workspace=THEIRS)
    await story.begin()
    await story.ask(0, "ask", message=MARK)
    link = await eventually(lambda: _link(http, waiting))
    job = await _made(http, "POST", "/runs/cancel", {"filter": {"tags": ["none"]}, "reason": MARK})
    await eventually(lambda: _is_deleted(http, gone))
    digest = sha256(large.encode()).hexdigest()
    return {
        "run": over,
        "gone": gone,
        "waiting": waiting,
        "job": job["id"],
        "sha256": digest,
        "decision": link,
    }


async def _link(http: httpx2.AsyncClient, run: str) -> str | None:
    answer = await http.post(f"/api/v1/runs/{run}/steps/0/link", json={})
    return str(answer.json()["url"]).partition("#")[2] if answer.is_success else None


async def _is_deleted(http: httpx2.AsyncClient, run: str) -> bool:
    return (await http.delete(f"/api/v1/runs/{run}")).status_code in (202, 410)


async def _is_settled(http: httpx2.AsyncClient, database_url: str) -> bool:
    """All of it stands in rows, and nobody is about to change them."""
    rows = await rows_of(database_url)
    listed = (await http.get("/api/v1/runs")).json()["items"]
    ends = [json.loads(row)["done_at"] for row in rows["deletions"]]
    ends += [json.loads(row)["finished_at"] for row in rows["jobs"]]
    return len(listed) == 2 and len(ends) == 2 and all(ends)


def _is_id(value: object) -> bool:
    try:
        return isinstance(value, str) and len(value) == 36 and bool(UUID(value))
    except ValueError:
        return False
