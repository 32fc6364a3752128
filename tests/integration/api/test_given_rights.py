"""What somebody gave others ends with the right they gave it by: nobody comes back by it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

import asyncpg
import httpx2
import pytest

from tests.eventually import eventually
from tests.integration.api.people import (
    PASSWORD,
    TOKENS,
    USERS,
    WORKSPACE,
    WORKSPACES,
    Made,
    browser,
    cookie_of,
    logged_in,
    made,
    member,
    refusal,
    revoke,
    secret_of,
    somebody,
    user,
)
from tests.integration.api.story import Service

INVITES, ME, BY_LINK = "/api/v1/invites", "/api/v1/me", "/api/v1/links/session"
MEMBERS = f"{WORKSPACES}/default/members"
OVER = (410, "account_link_over")


async def token_of(http: httpx2.AsyncClient, role: str = "admin", **more: str) -> Made:
    """A token that this client makes."""
    answer = await http.post(TOKENS, json={"name": f"a {role}", "role": role, **more})
    assert answer.status_code == 201, answer.text
    return Made(answer.json()["id"], answer.json()["token"])


async def invite_of(http: httpx2.AsyncClient, email: str, role: str = "admin") -> str:
    """What stands in a link that this client makes."""
    answer = await http.post(INVITES, json={"email": email, "role": role})
    assert answer.status_code == 201, answer.text
    return secret_of(answer.json()["url"])


async def status(service: Service, token: Made) -> int:
    async with somebody(service.url, token) as client:
        return (await client.get(ME)).status_code


async def use(service: Service, link: str) -> httpx2.Response:
    """The answer to a stranger who follows a link."""
    async with browser(service.url) as page:
        body = {"link": link, "name": "Eve", "password": PASSWORD}
        return await page.post(BY_LINK, json=body)


async def is_refused(service: Service, token: Made) -> bool:
    return await status(service, token) == 401


async def test_what_tokens_of_a_member_made_ends_with_the_membership(service: Service) -> None:
    await member(service, "Di", "admin")
    ada = await member(service, "Ada", "admin")
    async with logged_in(service.url, ada, "default") as page:
        first = await token_of(page)
        own = await invite_of(page, "eve@example.org")
    async with somebody(service.url, first) as client:
        second = await token_of(client)
        of_token = await invite_of(client, "eva@example.org")
    async with somebody(service.url, second) as client:
        third = await token_of(client, "viewer")
    others = await token_of(service.http)
    kept = await invite_of(service.http, "kay@example.org")
    assert (await service.http.delete(f"{MEMBERS}/{ada.id}")).status_code == 204
    for token in (first, second, third):
        await eventually(partial(is_refused, service, token))
    assert [refusal(await use(service, link)) for link in (own, of_token)] == [OVER, OVER]
    assert await status(service, others) == 200
    assert (await use(service, kept)).status_code == 200


async def test_a_lower_role_ends_what_is_above_it(service: Service) -> None:
    await member(service, "Di", "admin")
    ada = await member(service, "Ada", "admin")
    async with logged_in(service.url, ada, "default") as page:
        first = await token_of(page)
        above = await invite_of(page, "eve@example.org", "admin")
        below = await invite_of(page, "eva@example.org", "viewer")
    async with somebody(service.url, first) as client:
        second, low = await token_of(client), await token_of(client, "member")
    assert (await service.http.put(f"{MEMBERS}/{ada.id}", json={"role": "member"})).is_success
    for token in (first, second):
        await eventually(partial(is_refused, service, token))
    assert await status(service, low) == 200
    assert refusal(await use(service, above)) == OVER
    assert (await use(service, below)).status_code == 200


async def test_a_token_that_is_revoked_takes_what_it_made_along(service: Service) -> None:
    first = await made(service, "admin")
    async with somebody(service.url, first) as client:
        second = await token_of(client)
        link = await invite_of(client, "eve@example.org")
    await revoke(service, first)
    await eventually(partial(is_refused, service, second))
    assert refusal(await use(service, link)) == OVER


async def test_what_a_token_makes_is_good_no_longer_than_it(service: Service) -> None:
    until = "2030-01-31T12:00:00Z"
    token = await made(service, "admin", expires_at=until)
    body = {"name": "t", "role": "admin"}
    async with somebody(service.url, token) as client:
        for asked, told in ((None, until), ("2031-01-01T00:00:00Z", until)):
            answer = await client.post(TOKENS, json={**body, "expires_at": asked})
            assert answer.json()["expires_at"] == told
        sooner = {**body, "expires_at": "2029-01-01T00:00:00Z"}
        answer = await client.post(TOKENS, json=sooner)
        assert answer.json()["expires_at"] == sooner["expires_at"]


async def test_who_runs_the_installation_no_more_has_given_nothing_that_lasts(
    service: Service,
) -> None:
    await user(service, "Di", is_instance_admin=True)
    ben = await user(service, "Ben")
    ada = await user(service, "Ada", is_instance_admin=True)
    await service.http.post(WORKSPACES, json={"slug": "acme", "name": "Acme"})
    async with logged_in(service.url, ada) as page:
        theirs = await token_of(page, workspace="acme")
        own = await token_of(page)
        reset = secret_of((await page.post(f"{USERS}/{ben.id}/reset")).json()["url"])
    told = await service.http.put(
        f"{USERS}/{ada.id}/instance-admin", json={"is_instance_admin": False}
    )
    assert told.json()["is_instance_admin"] is False
    await eventually(partial(is_refused, service, theirs))
    assert await status(service, own) == 200
    assert refusal(await use(service, reset)) == OVER


@pytest.mark.parametrize("ends", ["the membership", "the session"])
async def test_who_loses_a_right_while_they_send_makes_nothing_by_it(
    service: Service, database_url: str, ends: str
) -> None:
    await member(service, "Di", "admin")
    ada = await member(service, "Ada", "admin")
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> Any:
        yield b'{"name": "late", '
        begun.set()
        await go_on.wait()
        yield b'"role": "admin"}'

    async with logged_in(service.url, ada, "default") as page:
        headers = {"Content-Type": "application/json"}
        asking = asyncio.create_task(page.post(TOKENS, content=slowly(), headers=headers))
        await begun.wait()
        # As another api does it, of which this one has not heard.
        await _end(database_url, ends, ada.id)
        go_on.set()
        answer = await asking
    assert answer.status_code in (401, 404), answer.text
    listed = (await service.http.get(TOKENS)).json()["items"]
    assert "late" not in {each["name"] for each in listed}


async def _end(database_url: str, what: str, user: str) -> None:
    queries: Mapping[str, str] = {
        "the membership": "delete from memberships where user_id = $1 and workspace = 'default'",
        "the session": "update users set epoch = epoch + 1 where id = $1",
    }
    connection = await asyncpg.connect(database_url)
    await connection.execute(queries[what], user)
    await connection.close()


async def test_a_logout_is_in_the_audit(service: Service) -> None:
    ada = await user(service, "Ada")
    async with logged_in(service.url, ada) as page:
        assert cookie_of(page)
        assert (await page.delete("/api/v1/session")).status_code == 204
    async with logged_in(service.url, ada) as page:
        deeds = (await page.get("/api/v1/audit", headers={WORKSPACE: ada.workspace})).json()
    told = [(deed["action"], deed["subject"]) for deed in deeds["items"][:2]]
    assert told == [("session.created", ada.id), ("session.ended", ada.id)]


async def test_a_token_that_makes_others_while_its_maker_goes_leaves_none(service: Service) -> None:
    await member(service, "Di", "admin")
    ada = await member(service, "Ada", "admin")
    async with logged_in(service.url, ada, "default") as page:
        first = await token_of(page)
    begun = asyncio.Event()

    async def make_more() -> list[Made]:
        found: list[Made] = []
        async with somebody(service.url, first) as client:
            while True:
                answer = await client.post(TOKENS, json={"name": "t", "role": "admin"})
                if answer.status_code != 201:
                    assert answer.status_code in (401, 403), answer.text
                    return found
                found.append(Made(answer.json()["id"], answer.json()["token"]))
                begun.set()

    makers = [asyncio.create_task(make_more()) for _ in range(8)]
    await begun.wait()
    assert (await service.http.delete(f"{MEMBERS}/{ada.id}")).status_code == 204
    made_meanwhile = [token for found in await asyncio.gather(*makers) for token in found]
    for token in made_meanwhile:
        await eventually(partial(is_refused, service, token))
