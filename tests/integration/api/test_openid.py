"""Signing in by a provider of OpenID Connect that others wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from time import time
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx2
import pytest

from services.api.openid.attempt import Attempt, Attempts
from tests.integration.api.conftest import started
from tests.integration.api.people import (
    PASSWORD,
    SESSION,
    WORKSPACE,
    browser,
    logged_in,
    member,
    user,
)
from tests.integration.api.signing_in import (
    ADA,
    ATTEMPT,
    CALLBACK,
    arrived,
    back,
    begun,
    signed_in,
)
from tests.integration.api.story import Service
from tests.openid_provider import (
    CLIENT,
    CLIENT_SECRET,
    OpenIdProvider,
    running_provider,
)

ME, AUDIT = "/api/v1/me", "/api/v1/audit"


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdProvider]:
    with running_provider("--require-nonce") as running:
        yield running


@dataclass(frozen=True, slots=True)
class Opened:
    """An api that signs in by a provider, and one beside it on the same database."""

    service: Service
    beside: Service


@pytest.fixture
async def opened(
    service: Service, provider: OpenIdProvider, nats_url: str, database_url: str
) -> AsyncIterator[Opened]:
    async with started(nats_url, database_url, **provider.settings()) as running:
        yield Opened(running, service)


async def test_a_provider_is_asked_with_state_nonce_and_challenge_and_no_secret(
    opened: Opened, provider: OpenIdProvider
) -> None:
    async with browser(opened.service.url) as page:
        assert (await page.get("/api/v1/openid")).json() == {"provider": "Acme"}
        url = await begun(page)
        again = await begun(page)
    asked = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(f"{provider.url}/oauth2/authorize?")
    assert asked["redirect_uri"] == f"{opened.service.url}{CALLBACK}"
    assert asked["response_type"] == "code"
    assert (asked["client_id"], asked["scope"]) == (CLIENT, "openid email profile")
    assert asked["code_challenge_method"] == "S256"
    assert CLIENT_SECRET not in url
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name]) == 43
        assert asked[name] not in again


async def test_a_first_login_makes_a_user_and_a_second_finds_them_by_their_subject(
    opened: Opened, provider: OpenIdProvider
) -> None:
    async with browser(opened.service.url) as page:
        assert await signed_in(page, provider, "ada-1", **ADA) == "in"
        assert "penstock_session" in page.cookies
        first = (await page.get(ME)).json()
        deeds = (await page.get(AUDIT)).json()["items"]
    assert (first["workspace"], first["role"]) == ("ada", "admin")
    assert first["user"]["is_instance_admin"] is False
    assert [each["action"] for each in deeds] == ["user.created"]
    assert deeds[0]["details"] == {"email": "ada@example.org", "by": "openid"}
    moved = {**ADA, "email": "ADA.L@Example.org", "name": "Ada L"}
    async with browser(opened.service.url) as page:
        assert await signed_in(page, provider, "ada-1", **moved) == "in"
        second = (await page.get(ME)).json()
        deeds = (await page.get(AUDIT)).json()["items"]
        assert (await page.delete(SESSION)).status_code == 204
        assert (await page.get(ME)).status_code == 401
    assert second["user"]["id"] == first["user"]["id"]
    assert second["user"]["email"] == "ada.l@example.org"
    assert deeds.pop()["action"] == "user.created"
    assert {each["action"]: each["details"] for each in deeds} == {
        "session.created": {"by": "openid"},
        "user.email_changed": {"email": "ada.l@example.org", "by": "openid"},
    }


async def test_an_e_mail_that_another_user_has_stays_theirs(
    opened: Opened, provider: OpenIdProvider
) -> None:
    await user(opened.beside, "Ben")
    async with browser(opened.service.url) as page:
        assert await signed_in(page, provider, "ada-2", **ADA) == "in"
        taken = {**ADA, "email": "ben@example.org"}
        assert await signed_in(page, provider, "ada-2", **taken) == "in"
        assert (await page.get(ME)).json()["user"]["email"] == "ada@example.org"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({**ADA, "email": "ada@elsewhere.example"}, "openid_wrong_domain"),
        ({**ADA, "email": "ada@evil-example.org"}, "openid_wrong_domain"),
        ({**ADA, "email": "ada@sub.example.org"}, "openid_wrong_domain"),
        ({**ADA, "email_verified": False}, "openid_email_unverified"),
        ({"email": ADA["email"]}, "openid_email_unverified"),
        ({**ADA, "email_verified": 1}, "openid_email_unverified"),
        ({**ADA, "email": "ada"}, "openid_email_unverified"),
        ({"email_verified": True}, "openid_email_unverified"),
    ],
)
async def test_who_may_not_sign_in_is_told_so_and_nothing_is_made(
    opened: Opened, provider: OpenIdProvider, claims: dict[str, object], code: str
) -> None:
    async with browser(opened.service.url) as page:
        assert await signed_in(page, provider, "eve", **claims) == code
        assert "penstock_session" not in page.cookies
        assert ATTEMPT not in page.cookies
    assert (await opened.beside.http.get("/api/v1/users")).json()["items"] == []


async def test_groups_say_who_may_and_where_they_work(
    service: Service, provider: OpenIdProvider, nats_url: str, database_url: str
) -> None:
    for slug in ("research", "ops"):
        await service.http.post("/api/v1/workspaces", json={"slug": slug, "name": slug})
    ben = await user(service, "Ben")
    places = "research:viewer,eng=research:member,root=ops:admin,eng=nowhere:admin"
    given = {"GROUPS": "eng, root", "MEMBERSHIPS": f"{places},eng={ben.workspace}:admin"}
    settings = provider.settings(**given, DOMAINS="*")
    async with started(nats_url, database_url, **settings) as running:
        async with browser(running.url) as page:
            assert await signed_in(page, provider, "cy", **{**ADA, "groups": ["eng"]}) == "in"
            who = (await page.get(ME)).json()
        found = {each["slug"]: each["role"] for each in who["workspaces"]}
        assert found == {"ada": "admin", "research": "member"}
        async with browser(running.url) as page:
            left = {**ADA, "groups": ["sales"]}
            assert await signed_in(page, provider, "cy", **left) == "openid_wrong_group"


async def test_an_answer_lets_in_once_and_only_the_browser_that_asked(
    opened: Opened, provider: OpenIdProvider
) -> None:
    await provider.knows("ada-3", **ADA)
    async with browser(opened.service.url) as page, browser(opened.service.url) as another:
        url = await back(page, provider, "ada-3")
        kept = page.cookies[ATTEMPT]
        assert arrived(await another.get(url)) == "openid_over"
        await begun(another)
        assert arrived(await another.get(url)) == "openid_over"
        assert arrived(await page.get(url)) == "in"
        assert arrived(await page.get(url)) == "openid_over"
        page.cookies.set(ATTEMPT, kept)
        assert arrived(await page.get(url)) == "openid_over"


async def test_a_state_is_used_once_even_if_the_provider_takes_a_code_twice(
    opened: Opened, provider: OpenIdProvider
) -> None:
    """Another code for the same state: the provider has nothing against it."""
    await provider.knows("ada-4", **ADA)
    async with browser(opened.service.url) as page:
        asked = await begun(page)
        kept = page.cookies[ATTEMPT]
        assert arrived(await page.get(await provider.says_who(asked, {"sub": "ada-4"}))) == "in"
        other = asked.replace("nonce=", "before=") + f"&nonce={parse_qs(asked)['nonce'][0]}"
        page.cookies.set(ATTEMPT, kept)
        codes = await provider.says_who(other, {"sub": "ada-4"})
        assert arrived(await page.get(codes)) == "openid_over"


async def test_an_attempt_is_over_after_its_time_and_is_not_made_elsewhere(
    opened: Opened,
) -> None:
    own, other = Attempts(bytes.fromhex("ab" * 32)), Attempts(bytes.fromhex("cd" * 32))
    attempt = Attempt.by_chance("http://127.0.0.1")
    late = attempt.model_copy(update={"expires_at": int(time()) - 1})
    for kept in (own.write(late), other.write(attempt), "", "x.y", "é", own.write(attempt)[:-4]):
        async with browser(opened.service.url) as page:
            cookie = {b"Cookie": f"{ATTEMPT}={kept}".encode()}
            asked = {"code": "a-code", "state": attempt.state}
            answer = await page.get(CALLBACK, params=asked, headers=httpx2.Headers(cookie))
            assert arrived(answer) == "openid_over"


async def test_another_issuer_and_a_provider_that_says_no_are_told(
    opened: Opened, provider: OpenIdProvider
) -> None:
    await provider.knows("ada-5", **ADA)
    async with browser(opened.service.url) as page:
        url = await back(page, provider, "ada-5")
        answer = await page.get(f"{url}&iss=https://evil.example")
        assert arrived(answer) == "openid_wrong_issuer"
        denied = await provider.says_who(await begun(page), {"action": "deny"})
        state = parse_qs(urlsplit(url).query)["state"][0]
        page.cookies.clear()
        assert arrived(await page.get(denied)) == "openid_over"
        asked = parse_qs(urlsplit(await begun(page)).query)["state"][0]
        assert asked != state
        refused = {"error": "access_denied<script>", "state": asked}
        assert arrived(await page.get(CALLBACK, params=refused)) == "openid_denied"


async def test_an_account_of_the_same_e_mail_is_not_taken_over(
    opened: Opened, provider: OpenIdProvider
) -> None:
    ada = await user(opened.beside, "Ada")
    async with browser(opened.service.url) as page:
        assert await signed_in(page, provider, "eve-2", **ADA) == "openid_account_exists"
        assert "penstock_session" not in page.cookies
    async with logged_in(opened.service.url, ada) as page:
        assert (await page.get(ME)).status_code == 200


async def test_a_provider_that_is_trusted_takes_an_account_over_whole_and_once(
    service: Service, provider: OpenIdProvider, nats_url: str, database_url: str
) -> None:
    ada = await member(service, "Ada", "member")
    settings = provider.settings(LINK_ACCOUNTS="true")
    async with started(nats_url, database_url, **settings) as running:
        async with (
            logged_in(service.url, ada, "default") as before,
            browser(running.url) as page,
        ):
            assert await signed_in(page, provider, "ada-6", **ADA) == "in"
            me = (await page.get(ME)).json()
            own = {WORKSPACE: ada.workspace}
            deeds = (await page.get(AUDIT, headers=own)).json()["items"]
            assert (await page.post(SESSION, json=ada.login)).status_code == 401
        async with browser(running.url, Cookie=f"penstock_session={_session(before)}") as page:
            assert (await page.get(ME)).status_code == 401
        async with browser(running.url) as page:
            assert await signed_in(page, provider, "ada-6") == "in"
        async with browser(running.url) as page:
            code = await signed_in(page, provider, "another-ada", **ADA)
    assert me["user"]["id"] == ada.id
    assert {each["slug"] for each in me["workspaces"]} == {"ada", "default"}
    assert deeds[0]["action"] == "user.linked"
    assert code == "openid_account_exists"


async def test_a_user_who_was_removed_is_made_anew_without_what_they_had(
    opened: Opened, provider: OpenIdProvider, database_url: str
) -> None:
    async with browser(opened.service.url) as page:
        assert await signed_in(page, provider, "ada-7", **ADA) == "in"
        first = (await page.get(ME)).json()["user"]["id"]
        removed = await opened.beside.http.delete(f"/api/v1/users/{first}")
        assert removed.status_code == 204
        assert await signed_in(page, provider, "ada-7") == "in"
        me = (await page.get(ME)).json()
    assert me["user"]["id"] != first
    assert me["workspace"].startswith("ada-")
    connection = await asyncpg.connect(database_url)
    rows = str([await connection.fetch(f"select * from {each}") for each in ("audit", "users")])
    await connection.close()
    assert CLIENT_SECRET not in rows
    assert PASSWORD not in rows


def _session(page: httpx2.AsyncClient) -> str:
    return str(page.cookies["penstock_session"])
