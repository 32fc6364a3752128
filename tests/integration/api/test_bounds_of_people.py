"""As many people and workspaces as there may be, whichever way one more comes."""

from __future__ import annotations

import asyncpg
import httpx2

from services.api.people.bounds import MOST_MEMBERS, MOST_WORKSPACES
from tests.integration.api.people import (
    PASSWORD,
    USERS,
    WORKSPACES,
    browser,
    logged_in,
    refusal,
    secret_of,
    user,
)
from tests.integration.api.story import Service

BY_LINK, INVITES = "/api/v1/links/session", "/api/v1/invites"
_WORKSPACES = """
    insert into workspaces (slug, name)
    select 'w-' || n, 'w' from generate_series(1, $1::integer) as n
"""
_USERS = """
    insert into users (id, email, name, workspace)
    select n::text, n || '@example.org', 'n', 'w-' || n from generate_series(1, $1::integer) as n
"""
_MEMBERS = """
    insert into memberships (workspace, user_id, role)
    select 'default', id, 'admin' from users where workspace like 'w-%'
"""


async def execute(database_url: str, *queries: tuple[str, *tuple[object, ...]]) -> None:
    connection = await asyncpg.connect(database_url)
    for query, *values in queries:
        await connection.execute(query, *values)
    await connection.close()


async def test_an_invite_leads_into_no_workspace_that_is_full(
    service: Service, database_url: str
) -> None:
    ada = await user(service, "Ada")
    links = []
    for email in (ada.email, "eve@example.org"):
        answer = await service.http.post(INVITES, json={"email": email, "role": "viewer"})
        links.append(secret_of(answer.json()["url"]))
    full = (MOST_MEMBERS,)
    await execute(database_url, (_WORKSPACES, *full), (_USERS, *full), (_MEMBERS,))
    async with logged_in(service.url, ada) as page, browser(service.url) as strange:

        async def taken() -> list[httpx2.Response]:
            new = {"name": "Eve", "password": PASSWORD}
            return [
                await page.post(BY_LINK, json={"link": links[0]}),
                await strange.post(BY_LINK, json={"link": links[1], **new}),
            ]

        for answer in await taken():
            assert refusal(answer) == (409, "too_many_members")
            assert "Have an admin remove some, then open this again" in answer.json()["detail"]
        await execute(database_url, ("delete from memberships where user_id in ('1', '2')",))
        assert [answer.status_code for answer in await taken()] == [200, 200]


async def test_a_workspace_too_many_is_refused_as_that(service: Service, database_url: str) -> None:
    await execute(database_url, (_WORKSPACES, MOST_WORKSPACES))
    new = {"slug": "acme", "name": "Acme"}
    answer = await service.http.post(WORKSPACES, json=new)
    assert refusal(answer) == (409, "too_many_workspaces")
    taken = await service.http.post(WORKSPACES, json={"slug": "w-1", "name": "w"})
    assert refusal(taken) == (409, "workspace_taken")
    gone = "update workspaces set deleted_at = now() where slug in ('w-1', 'w-2')"
    await execute(database_url, (gone,))
    assert (await service.http.post(WORKSPACES, json=new)).status_code == 201


async def test_an_e_mail_that_is_too_long_in_lower_case_is_refused(service: Service) -> None:
    body = {"email": f"{'ß' * 200}@example.org", "name": "Ada"}
    answer = await service.http.post(USERS, json=body)
    assert refusal(answer) == (422, "invalid_request")
    assert "at most 254 characters in lower case" in answer.json()["detail"]
    answer = await service.http.post(USERS, json={"email": "ada", "name": "Ada"})
    assert "an e-mail address without spaces, like ada@example.org" in answer.json()["detail"]


async def test_no_refusal_shows_a_password_or_a_link(service: Service) -> None:
    ada, word = await user(service, "Ada"), "heron"
    long = word * 500
    async with logged_in(service.url, ada) as page:
        for method, path, body in (
            ("POST", "/api/v1/session", {"email": ada.email, "password": long}),
            ("POST", "/api/v1/session", {"email": ada.email, "password": [word]}),
            ("PUT", "/api/v1/me/password", {"password": long, "new_password": word}),
            ("POST", BY_LINK, {"link": "x", "name": "Ada", "password": word}),
            ("POST", BY_LINK, {"link": long}),
            ("POST", "/api/v1/links/account", {"link": long}),
            ("POST", "/api/v1/links/question", {"link": long}),
            ("POST", "/api/v1/links/decision", {"link": long, "decision": "approve"}),
        ):
            answer = await page.request(method, path, json=body)
            assert refusal(answer) == (422, "invalid_request")
            assert word not in answer.text
            assert "which is not shown" in answer.json()["detail"]
