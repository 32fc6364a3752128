"""Runs and workspaces deleted by the api: who may, what is told then, and that it is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared.log import Log
from tests.eventually import eventually
from tests.integration.api.people import made, somebody
from tests.integration.api.story import Service, Story
from tests.integration.api.test_past import is_listed
from tests.integration.projector.test_deletions import found

WORKSPACES = "/api/v1/workspaces"


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def code_of(service: Service, method: str, path: str) -> tuple[int, str]:
    answer = await service.http.request(method, path)
    return answer.status_code, answer.json().get("code", "")


async def test_a_deleted_run_is_nowhere_and_who_asks_for_it_is_told(
    projected: Service, log: Log, connection: asyncpg.Connection
) -> None:
    run, stays = await projected.run(input="secret tea " * 20_000), await projected.run()
    path = f"/api/v1/runs/{run}"
    assert await code_of(projected, "DELETE", path) == (409, "run_not_over")
    for each in (run, stays):
        await Story(log, each).whole()
    answer = await projected.http.delete(path)
    assert (answer.status_code, answer.json()) == (202, {"run_id": run, "status": "deleting"})
    await eventually(lambda: _is(projected, path, (410, "run_deleted")))
    assert await log.read_on("*", run, after=0) == ()
    assert set(await found(connection, run)) == {"deletions", "audit"}
    assert await found(connection, "secret tea") == {}
    for method, rest in (
        ("GET", "/events"), ("GET", "/steps"), ("GET", "/output"), ("POST", "/cancel"),
        ("POST", "/retry"), ("DELETE", ""),
    ):  # fmt: skip
        assert await code_of(projected, method, path + rest) == (410, "run_deleted"), rest
    assert (await projected.http.get(f"/api/v1/runs/{stays}")).status_code == 200
    audit = (await projected.http.get("/api/v1/audit")).json()["items"]
    assert [(deed["action"], deed["subject"]) for deed in audit] == [
        ("run.deleted", run),
        ("run.requested", stays),
    ]


async def _is(service: Service, path: str, wanted: tuple[int, str]) -> bool:
    return await code_of(service, "GET", path) == wanted


async def test_runs_older_than_the_workspace_keeps_them_are_deleted(
    projected: Service, log: Log, connection: asyncpg.Connection
) -> None:
    old, young = await projected.run(), await projected.run()
    for each in (old, young):
        await Story(log, each).whole()
    await eventually(lambda: is_listed(projected, old, "completed"))
    await eventually(lambda: is_listed(projected, young, "completed"))
    await connection.execute(
        "update runs set created_at = created_at - interval '8 days', "
        "finished_at = finished_at - interval '8 days' where run_id = $1", old
    )  # fmt: skip
    kept = f"{WORKSPACES}/default/retention"
    assert (await projected.http.get(kept)).json() == {"days": None}
    assert (await projected.http.put(kept, json={"days": 0})).status_code == 422
    assert (await projected.http.put(kept, json={"days": 7})).json() == {"days": 7}
    await eventually(lambda: _is(projected, f"/api/v1/runs/{old}", (410, "run_deleted")))
    assert (await projected.http.get(f"/api/v1/runs/{young}")).status_code == 200
    assert (await projected.http.put(kept, json={"days": None})).json() == {"days": None}
    absent = await projected.http.put(f"{WORKSPACES}/nobodys/retention", json={"days": 1})
    assert (absent.status_code, absent.json()["code"]) == (404, "not_found")


async def test_a_deleted_workspace_is_nowhere_and_its_tokens_are_dead(
    projected: Service, log: Log, connection: asyncpg.Connection
) -> None:
    await projected.http.post(WORKSPACES, json={"slug": "acme", "name": "Secret Acme"})
    admin = await made(projected, "admin", workspace="acme")
    path = f"{WORKSPACES}/acme"
    async with somebody(projected.url, admin) as client:
        theirs = Service(projected.url, client, projected.stopping)
        assert (await theirs.http.delete(path)).status_code == 403
        await theirs.pipeline(name="secret plan")
        run = await theirs.run(input="secret tea")
        await eventually(lambda: is_listed(theirs, run, "pending"))
        busy = await projected.http.delete(path)
        assert (busy.status_code, busy.json()["code"]) == (409, "workspace_busy")
        await Story(log, run, workspace="acme").whole()
        await eventually(lambda: is_listed(theirs, run, "completed"))
        answer = await projected.http.delete(path)
        assert (answer.status_code, answer.json()) == (202, {"slug": "acme", "status": "deleting"})
        await eventually(lambda: _is(theirs, "/api/v1/me", (401, "unauthorized")))
    await eventually(lambda: _is_done(connection))
    assert await found(connection, "acme") == {"deletions": 2, "workspaces": 1, "audit": 1}
    assert await found(connection, "ecret") == {}
    assert await log.last_sequence("acme") == 0
    again = await projected.http.post(WORKSPACES, json={"slug": "acme", "name": "Again"})
    assert (again.status_code, again.json()["code"]) == (409, "workspace_taken")
    assert await code_of(projected, "DELETE", path) == (404, "not_found")
    own = await code_of(projected, "DELETE", f"{WORKSPACES}/default")
    assert own == (403, "forbidden")


async def _is_done(connection: asyncpg.Connection) -> bool:
    return bool(
        await connection.fetchval(
            "select count(*) = 2 from deletions where workspace = 'acme' and done_at is not null"
        )
    )
