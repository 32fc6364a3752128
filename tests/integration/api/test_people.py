"""Workspaces and tokens: made, told once, revoked everywhere, and who did it."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from services.api.identity.known import BELIEVED_SECONDS
from services.api.identity.token_text import hash_of, is_whole
from shared.log import Log
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.conftest import started
from tests.integration.api.people import TOKENS, Made, made, revoke, somebody
from tests.integration.api.story import Service, Story

WORKSPACES = "/api/v1/workspaces"
AUDIT = "/api/v1/audit"
PAST = "2020-01-01T00:00:00Z"


async def status(url: str, token: Made, path: str = "/api/v1/me") -> int:
    async with somebody(url, token) as client:
        return (await client.get(path)).status_code


async def test_a_token_is_told_once_and_kept_as_a_hash(service: Service, database_url: str) -> None:
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")
    body = {"name": "nightly", "role": "member", "expires_at": until.replace("+00:00", "Z")}
    answer = (await service.http.post(TOKENS, json=body)).json()
    token = answer.pop("token")
    assert is_whole(token)
    assert answer["prefix"] == token[:10]
    assert (answer["made_by"], answer["last_used_at"]) == ("settings", None)
    assert await status(service.url, Made(answer["id"], token)) == 200
    (listed,) = (await service.http.get(TOKENS)).json()["items"]
    assert listed.pop("last_used_at").endswith(":00:00Z")
    assert {**listed, "last_used_at": None} == answer
    connection = await asyncpg.connect(database_url)
    rows = [*await connection.fetch("select * from tokens"), *await connection.fetch(
        "select * from audit"
    )]  # fmt: skip
    await connection.close()
    assert token not in str(rows)
    assert hash_of(token) in str(rows)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "x", "role": "owner"}, 422, "invalid_request"),
        ({"name": "", "role": "viewer"}, 422, "invalid_request"),
        (
            {"name": "x", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z"},
            422,
            "invalid_request",
        ),
        ({"name": "x", "role": "viewer", "workspace": "../acme"}, 422, "invalid_request"),
        ({"name": "x", "role": "viewer", "workspace": "nobodys"}, 404, "not_found"),
    ],
)
async def test_a_token_that_cannot_be_is_refused(
    service: Service, body: dict[str, Any], status: int, code: str
) -> None:
    answer = await service.http.post(TOKENS, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await service.http.get(TOKENS)).json()["items"] == []


async def test_an_admin_makes_no_token_of_another_workspace(service: Service) -> None:
    await service.http.post(WORKSPACES, json={"slug": "acme", "name": "Acme"})
    admin = await made(service, "admin")
    async with somebody(service.url, admin) as client:
        body = {"name": "mine", "role": "admin", "workspace": "acme"}
        answer = await client.post(TOKENS, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        own = await client.post(TOKENS, json={"name": "mine", "role": "viewer"})
        assert own.json()["made_by"] == admin.id


async def test_a_revoked_token_is_refused_by_another_api_that_believed_it(
    service: Service, nats_url: str, database_url: str
) -> None:
    token = await made(service, "viewer")
    async with started(nats_url, database_url) as other:
        assert await status(other.url, token) == 200
        await revoke(service, token)
        revoked_at = asyncio.get_running_loop().time()

        async def refused() -> bool:
            return await status(other.url, token) == 401

        await eventually(refused)
        assert asyncio.get_running_loop().time() - revoked_at < 2 * BELIEVED_SECONDS
        again = await service.http.delete(f"{TOKENS}/{token.id}")
        assert (again.status_code, again.json()["code"]) == (404, "not_found")


async def test_streams_and_tickets_end_with_the_token_they_came_of(
    service: Service, log: Log
) -> None:
    run, token = await service.run(), await made(service, "viewer")
    await Story(log, run).begin()
    async with somebody(service.url, token) as client, somebody(service.url) as page:
        told = (await client.get(f"/api/v1/runs/{run}")).json()
        events = told["events_url"]
        paths = ((client, f"/api/v1/runs/{run}/events"), (client, "/api/v1/events"), (page, events))
        begun: list[str] = []
        cut = asyncio.gather(*(_read_until_cut(reader, path, begun) for reader, path in paths))
        await eventually(lambda: len(begun) == len(paths))
        await revoke(service, token)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await cut

        async def is_dead() -> bool:
            answer = await page.get(events, headers={"Accept": "application/json"})
            return answer.status_code == 401

        await eventually(is_dead)


async def _read_until_cut(client: Any, path: str, begun: list[str]) -> None:
    async with client.stream("GET", path, headers={"Accept": "text/event-stream"}) as answer:
        assert answer.status_code == 200
        begun.append(path)
        async for _ in answer.aiter_raw():
            pass


async def test_workspaces_are_made_once_and_never_share_a_slug(service: Service) -> None:
    for slug in ("acme", "zoo"):
        answer = await service.http.post(WORKSPACES, json={"slug": slug, "name": slug.title()})
        assert answer.status_code == 201
    again = await service.http.post(WORKSPACES, json={"slug": "acme", "name": "Another"})
    assert (again.status_code, again.json()["code"]) == (409, "workspace_taken")
    for slug in ("", "A", "a.b", "a b", "-a", "a-", "*", ">", "a" * 64):
        refused = await service.http.post(WORKSPACES, json={"slug": slug, "name": "x"})
        assert refused.status_code == 422, slug
    first = (await service.http.get(WORKSPACES, params={"limit": 2})).json()
    assert [each["slug"] for each in first["items"]] == ["acme", "default"]
    rest = await service.http.get(WORKSPACES, params={"cursor": first["next_cursor"]})
    assert [each["slug"] for each in rest.json()["items"]] == ["zoo"]


async def test_the_audit_tells_who_did_what_from_where(service: Service) -> None:
    token = await made(service, "admin")
    async with somebody(service.url, token) as client:
        other = (await client.post(TOKENS, json={"name": "b", "role": "viewer"})).json()["id"]
    await revoke(service, token)
    deeds = (await service.http.get(AUDIT)).json()["items"]
    assert [(d["action"], d["actor"], d["actor_name"], d["subject"]) for d in deeds] == [
        ("token.revoked", "settings", "settings", token.id),
        ("token.created", token.id, "a admin", other),
        ("token.created", "settings", "settings", token.id),
    ]
    assert deeds[1]["details"] == {"name": "b", "role": "viewer"}
    assert all(re.fullmatch(r"127\.0\.0\.1", each["address"]) for each in deeds)
    first = (await service.http.get(AUDIT, params={"limit": 1})).json()
    rest = (await service.http.get(AUDIT, params={"cursor": first["next_cursor"]})).json()
    assert [*first["items"], *rest["items"]] == deeds
