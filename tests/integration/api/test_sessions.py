"""Sessions: begun by a password, good in the workspaces of their user."""

from __future__ import annotations

import asyncio
from http.cookies import SimpleCookie

import asyncpg
import httpx2
import pytest

from services.api.identity.throttle import OF_ACCOUNT
from services.api.identity.token_text import hash_of
from tests.integration.api.conftest import started
from tests.integration.api.people import (
    PASSWORD,
    SESSION,
    WORKSPACE,
    browser,
    logged_in,
    member,
    refusal,
    user,
)
from tests.integration.api.story import Service

ME = "/api/v1/me"
CHANGE = "/api/v1/me/password"
OTHER = "another river of words"


async def test_a_login_gives_a_cookie_of_which_the_hash_is_kept(
    service: Service, database_url: str
) -> None:
    ada = await user(service, "Ada")
    async with browser(service.url) as page:
        answer = await page.post(SESSION, json={**ada.login, "email": "ADA@Example.org"})
        assert answer.status_code == 200
        (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
        assert (cookie.key, cookie["path"], cookie["samesite"]) == ("penstock_session", "/", "lax")
        assert (cookie["httponly"], cookie["secure"]) == (True, "")
        me = (await page.get(ME)).json()
    assert me == answer.json()
    assert (me["workspace"], me["role"], me["user"]["email"]) == ("ada", "admin", ada.email)
    assert me["workspaces"] == [{"slug": "ada", "name": "Ada", "role": "admin"}]
    connection = await asyncpg.connect(database_url)
    tables = ("users", "sessions", "links", "audit")
    rows = str([await connection.fetch(f"select * from {table}") for table in tables])
    await connection.close()
    assert cookie.value not in rows
    assert hash_of(cookie.value) in rows
    assert PASSWORD not in rows
    assert "$argon2id$" in rows


async def test_behind_tls_the_cookie_is_secure(
    service: Service, nats_url: str, database_url: str
) -> None:
    public = {"PENSTOCK_PUBLIC_URL": "https://penstock.example/"}
    ada = await user(service, "Ada")
    async with (
        started(nats_url, database_url, **public) as behind,
        browser(behind.url, Origin="https://penstock.example") as page,
    ):
        answer = await page.post(SESSION, json=ada.login)
        assert "; Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada@example.org", OTHER), ("nobody@example.org", PASSWORD), ("ada@example.org", "")],
)
async def test_a_login_that_is_wrong_tells_nothing_of_who_there_is(
    service: Service, email: str, password: str
) -> None:
    await user(service, "Ada")
    async with browser(service.url) as page:
        answer = await page.post(SESSION, json={"email": email, "password": password})
    assert refusal(answer) == (401, "wrong_login")
    assert answer.json()["detail"] == (
        "expected the e-mail and password of a user, there is none with these"
    )
    assert "set-cookie" not in answer.headers


async def test_too_many_failed_logins_are_made_to_wait(service: Service) -> None:
    ada, ben = await user(service, "Ada"), await user(service, "Ben")
    wrong = {**ada.login, "password": OTHER}
    async with browser(service.url) as page:
        tries = [page.post(SESSION, json=wrong) for _ in range(OF_ACCOUNT + 3)]
        answers = [refusal(each) for each in await asyncio.gather(*tries)]
        assert answers.count((429, "too_many_logins")) == 3
        answer = await page.post(SESSION, json=ada.login)
        assert refusal(answer) == (429, "too_many_logins")
        assert 0 < int(answer.headers["retry-after"]) <= 60
        assert (await page.post(SESSION, json=ben.login)).status_code == 200


async def test_a_write_with_a_cookie_comes_from_a_page_of_ours(
    service: Service, nats_url: str, database_url: str
) -> None:
    ours = {
        "PENSTOCK_PUBLIC_URL": "https://penstock.example/under",
        "PENSTOCK_TRUSTED_ORIGINS": "https://console.example:8443",
    }
    ada = await user(service, "Ada")
    async with started(nats_url, database_url, **ours) as behind:
        async with browser(behind.url) as page:
            answer = await page.post(SESSION, json=ada.login)
            value = SimpleCookie(answer.headers["set-cookie"])["penstock_session"].value
        agents = "/api/v1/agents"
        body = {"name": "a", "instructions": "b"}
        cookie = {"Cookie": f"penstock_session={value}"}
        async with httpx2.AsyncClient(base_url=behind.url, headers=cookie) as page:
            assert (await page.get(agents)).status_code == 200
            assert refusal(await page.post(agents, json=body)) == (403, "origin_missing")
            for foreign in (
                "null",
                "https://evil.example",
                f"{behind.url}0",
                "http://penstock.example",
                "http://[",
                "",
            ):
                answer = await page.post(agents, json=body, headers={"Origin": foreign})
                assert refusal(answer) == (403, "origin_foreign"), foreign
            for own in (
                behind.url,
                "https://penstock.example",
                "https://PENSTOCK.example:443",
                "https://console.example:8443",
            ):
                answer = await page.post(agents, json=body, headers={"Origin": own})
                assert answer.status_code == 201, own
        async with browser(behind.url, Origin="https://evil.example") as page:
            assert refusal(await page.post(SESSION, json=ada.login)) == (403, "origin_foreign")


async def test_who_works_in_several_workspaces_says_in_which(service: Service) -> None:
    ada = await member(service, "Ada", "viewer")
    pipelines, pipeline = "/api/v1/pipelines", await service.pipeline()
    async with logged_in(service.url, ada) as page:
        answer = await page.get(pipelines)
        assert refusal(answer) == (400, "workspace_needed")
        assert "ada, default" in answer.json()["detail"]
        there = {WORKSPACE: "default"}
        for found in (
            await page.get(pipelines, headers=there),
            await page.get(pipelines, params={"workspace": "default"}),
        ):
            assert [each["id"] for each in found.json()["items"]] == [pipeline]
        for theirs in ("acme", "../default", "x" * 500):
            answer = await page.get(pipelines, headers={WORKSPACE: theirs})
            assert refusal(answer) == (404, "not_found")
        answer = await page.post("/api/v1/runs", json={}, headers=there)
        assert refusal(answer) == (403, "forbidden")
        assert (await page.get(pipelines, headers={WORKSPACE: "ada"})).json()["items"] == []
        assert (await page.get(ME)).json()["workspace"] == "ada"


async def test_clients_that_know_no_workspaces_work_in_the_personal_one(service: Service) -> None:
    ada, ben = await member(service, "Ada", "admin"), await member(service, "Ben", "admin")
    pipeline = await service.pipeline()
    async with logged_in(service.url, ada) as page:
        body = {"name": "p", "flow": {"nodes": [], "edges": []}}
        own = await page.post("/api/v1/pipelines", json=body, headers={WORKSPACE: "ada"})
        start = "/api/v1/execution/start"
        answer = await page.post(start, json={"workflow_template_id": pipeline})
        assert answer.status_code == 404
        other = await page.get(f"/api/v1/pipelines/{own.json()['id']}", headers={WORKSPACE: "ada"})
        assert other.status_code == 200
    async with logged_in(service.url, ben) as page:
        theirs = {"workflow_template_id": own.json()["id"]}
        assert (await page.post(start, json=theirs)).status_code == 404


@pytest.mark.parametrize("value", ["", "x", "x" * 43, "x" * 5000, '"; drop', "\xff\xfe"])
async def test_a_cookie_that_is_none_of_ours_opens_nothing(service: Service, value: str) -> None:
    cookie = {b"Cookie": f"penstock_session={value}".encode("latin-1")}
    async with httpx2.AsyncClient(base_url=service.url, headers=cookie) as page:
        answer = await page.get(ME)
        assert refusal(answer) == (401, "unauthorized")
