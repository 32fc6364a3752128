"""Every call of the api by everybody who may come: who is let in goes by the table of calls."""

from __future__ import annotations

import re
from typing import Literal

import asyncpg
import httpx2
import pytest

from services.api.calls import CALLS
from services.api.description.openapi import example_of
from services.api.http.calls import Access, Call
from services.api.identity.token_text import new_token
from tests.integration.api.people import Made, logged_in, made, member, revoke, somebody, user
from tests.integration.api.story import Service

Outcome = Literal["unknown", "forbidden", "admitted"]
NOBODYS = "01951f6e-7a10-7000-8000-00000000ffff"
EVERYBODY: tuple[Access, ...] = ("open",)
# The same page, whatever address it is asked for by: it is the browser that reads that.
CONSOLE = "/w/{rest:path}"
READS: tuple[Access, ...] = (*EVERYBODY, "self", "ticket", "viewer")
MAKES: tuple[Access, ...] = (*READS, "member")
RULES: tuple[Access, ...] = (*MAKES, "admin")
ALL: tuple[Access, ...] = (*RULES, "instance")
# After these a session is over, or its user no member.
ENDING = ("DELETE /api/v1/session", "DELETE /api/v1/me/memberships/{slug}")
KEYS = ("/api/v1/provider-keys/{provider}", "/api/v1/secrets/{name}")
STATUS: dict[int, Outcome] = {401: "unknown", 403: "forbidden"}


def is_of_own(call: Call) -> bool:
    """Whether it makes something of any name in the caller's own workspace, or refuses the name."""
    return ":path}" in call.path or (call.method == "PUT" and call.path in KEYS)


def path_of(call: Call) -> str:
    """The path, of things that are not there."""
    text = call.path.replace("{n}", "0").replace("{sha256}", "0" * 64)
    if call.access != "instance":
        text = text.replace("{slug}", "default")
    return re.sub(r"\{\w+\}", NOBODYS, text)


async def outcome(client: httpx2.AsyncClient, call: Call) -> Outcome:
    # Some answers do not end: their head is enough.
    async with client.stream(call.method, path_of(call)) as answer:
        return STATUS.get(answer.status_code, "admitted")


async def walk(
    client: httpx2.AsyncClient,
    lets_in: tuple[Access, ...],
    else_: Outcome,
    *,
    without: tuple[str, ...] = (),
) -> None:
    """Asks every call but those `without`. `lets_in` are the kinds of calls that it may make."""
    calls = [call for call in CALLS if f"{call.method} {call.path}" not in without]
    expected = {
        f"{call.method} {call.path}": "admitted" if call.access in lets_in else else_
        for call in calls
    }
    came = {f"{call.method} {call.path}": await outcome(client, call) for call in calls}
    assert came == expected


def test_every_kind_of_call_is_walked() -> None:
    assert {call.access for call in CALLS} == set(ALL)


async def test_a_path_with_what_postgres_does_not_hold_is_refused(service: Service) -> None:
    for call in (each for each in CALLS if each.path != CONSOLE):
        for odd in ("%00", "a%00b", "%F0%9F%98%80", "%0A", "%2E%2E"):
            path = re.sub(r"\{[\w:]+\}", odd, call.path)
            if path != call.path:
                answer = await service.http.request(call.method, path)
                assert 400 <= answer.status_code < 500, (call.method, path, answer.text)


async def test_a_stranger_gets_no_further_than_what_is_open(service: Service) -> None:
    strangers = [None, Made("", "no-token"), Made("", new_token()), Made("", new_token()[:-1])]
    for stranger in strangers:
        async with somebody(service.url, stranger) as client:
            await walk(client, EVERYBODY, "unknown")


async def test_a_token_that_was_revoked_or_has_expired_opens_nothing(
    service: Service, database_url: str
) -> None:
    revoked, expired = await made(service, "admin"), await made(service, "admin")
    await revoke(service, revoked)
    connection = await asyncpg.connect(database_url)
    await connection.execute("update tokens set expires_at = now() where id = $1", expired.id)
    await connection.close()
    for token, why in ((revoked, "was revoked"), (expired, "was good until")):
        async with somebody(service.url, token) as client:
            answer = await client.get("/api/v1/me")
            assert (answer.status_code, why in answer.json()["detail"]) == (401, True)
            await walk(client, EVERYBODY, "unknown")


@pytest.mark.parametrize(
    ("role", "lets_in"), [("viewer", READS), ("member", MAKES), ("admin", RULES)]
)
async def test_a_role_may_what_those_before_it_may_and_no_more(
    service: Service, role: str, lets_in: tuple[Access, ...]
) -> None:
    token = await made(service, role)
    async with somebody(service.url, token) as client:
        answer = await client.get("/api/v1/me")
        who = {"workspace": "default", "name": f"a {role}", "role": role}
        assert answer.json() == {**who, "user": None, "workspaces": []}
        await walk(client, lets_in, "forbidden")


@pytest.mark.parametrize(
    ("role", "lets_in"), [("viewer", READS), ("member", MAKES), ("admin", RULES)]
)
async def test_a_session_may_what_its_user_may_in_the_workspace(
    service: Service, role: str, lets_in: tuple[Access, ...]
) -> None:
    ada = await member(service, "Ada", role)
    async with logged_in(service.url, ada, "default") as page:
        await walk(page, lets_in, "forbidden", without=ENDING)


async def test_a_session_without_origin_writes_nothing(service: Service) -> None:
    ada = await member(service, "Ada", "admin")
    async with logged_in(service.url, ada, "default") as page:
        del page.headers["Origin"]
        for call in CALLS:
            expected: Outcome = "admitted" if call.access in RULES else "forbidden"
            if call.method != "GET" and call.access != "open":
                expected = "forbidden"
            assert await outcome(page, call) == expected, (call.method, call.path)


async def test_the_session_of_another_workspace_finds_nothing_here(service: Service) -> None:
    await service.http.post("/api/v1/workspaces", json={"slug": "acme", "name": "Acme"})
    pipeline, ben = await service.pipeline(), await member(service, "Ben", "admin", "acme")
    async with logged_in(service.url, ben, "acme") as page:
        for call in CALLS:
            if "{" not in call.path or call.access in ("open", "instance") or is_of_own(call):
                continue
            path = path_of(call).replace(NOBODYS, pipeline)
            answer = await page.request(call.method, path, json=_bodies(call))
            assert answer.status_code in (400, 404, 422), (call.method, path, answer.text)
        for page_of in ("/api/v1/runs", "/api/v1/pipelines", "/api/v1/agents"):
            assert (await page.get(page_of)).json()["items"] == []


async def test_a_user_who_runs_the_installation_may_what_its_token_may(service: Service) -> None:
    ada = await user(service, "Ada", is_instance_admin=True)
    async with logged_in(service.url, ada, ada.workspace) as page:
        await walk(page, ALL, "admitted", without=ENDING)


async def test_who_runs_the_installation_may_all(service: Service) -> None:
    await walk(service.http, ALL, "admitted")


async def test_the_admin_of_another_workspace_finds_nothing_here(service: Service) -> None:
    await service.http.post("/api/v1/workspaces", json={"slug": "acme", "name": "Acme"})
    run, pipeline = await service.run(), await service.pipeline()
    token = await made(service, "member")
    theirs = await made(service, "admin", workspace="acme")
    found = {"run_id": run, "id": pipeline, "pipeline_id": pipeline, "n": "0"}
    found |= {"sha256": "0" * 64, "slug": "default"}
    found |= {"name": "S", "provider": "anthropic"}
    found |= {"version": "1", "number": "1", "alias": "prod"}
    async with somebody(service.url, theirs) as client:
        await walk(client, RULES, "forbidden")
        for call in CALLS:
            if "{" not in call.path or call.access in ("open", "instance") or is_of_own(call):
                continue
            path = call.path.format(**found)
            if call.path.startswith("/api/v1/tokens"):
                path = f"/api/v1/tokens/{token.id}"
            answer = await client.request(call.method, path, json=_bodies(call))
            assert answer.status_code in (404, 422), (call.method, path, answer.text)
            assert run not in answer.text.replace(path, "").replace(f"'{run}'", "")
        for page in ("/api/v1/runs", "/api/v1/pipelines", "/api/v1/agents"):
            assert (await client.get(page)).json()["items"] == []
        audit = (await client.get("/api/v1/audit")).json()["items"]
        assert {deed["workspace"] for deed in audit} == {"acme"}
    assert (await service.http.get(f"/api/v1/pipelines/{pipeline}")).status_code == 200


def _bodies(call: Call) -> object:
    return example_of(call.body) if call.body is not None else None
