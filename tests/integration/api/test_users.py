"""Users, members and invites: who lets whom in where, once, and who cannot leave."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.eventually import eventually
from tests.integration.api.people import (
    PASSWORD,
    SESSION,
    TOKENS,
    USERS,
    WORKSPACE,
    WORKSPACES,
    browser,
    logged_in,
    member,
    refusal,
    secret_of,
    somebody,
    user,
)
from tests.integration.api.people import Made as Token
from tests.integration.api.story import Service

ME = "/api/v1/me"
MEMBERS = f"{WORKSPACES}/default/members"
INVITES = "/api/v1/invites"
ACCOUNT, BY_LINK = "/api/v1/links/account", "/api/v1/links/session"
NOBODYS = "01951f6e-7a10-7000-8000-00000000ffff"


async def invite(service: Service, email: str, role: str = "member", **more: Any) -> str:
    """What stands in a new invite's link."""
    body = {"email": email, "role": role, **more}
    answer = await service.http.post(INVITES, json=body)
    assert answer.status_code == 201, answer.text
    return secret_of(answer.json()["url"])


async def test_a_user_has_an_e_mail_of_their_own_and_a_personal_workspace(service: Service) -> None:
    names = {"Ada Lovelace": "ada-lovelace", "Ångström": "angstrom", "李": "user"}
    for name, slug in names.items():
        body = {"email": f"{slug}@Example.org", "name": name}
        made = await service.http.post(USERS, json=body)
        assert (made.status_code, made.json()["workspace"]) == (201, slug)
    again = {"email": "ADA-lovelace@example.ORG", "name": "Another"}
    assert refusal(await service.http.post(USERS, json=again)) == (409, "email_taken")
    second = {"email": "other@example.org", "name": "Ada Lovelace"}
    slug = (await service.http.post(USERS, json=second)).json()["workspace"]
    assert slug.startswith("ada-lovelace-")
    first = (await service.http.get(USERS, params={"limit": 3})).json()
    rest = (await service.http.get(USERS, params={"cursor": first["next_cursor"]})).json()
    listed = [each["email"] for each in (*first["items"], *rest["items"])]
    assert listed == sorted(
        ["other@example.org", *(f"{slug}@example.org" for slug in names.values())]
    )


@pytest.mark.parametrize(
    "email", ["", "ada", "@", "a@", "a b@c", "a@b@c", "a\u0000@b", "a" * 255 + "@b"]
)
async def test_an_e_mail_that_is_none_is_refused(service: Service, email: str) -> None:
    answer = await service.http.post(USERS, json={"email": email, "name": "Ada"})
    assert refusal(answer) == (422, "invalid_request")


async def test_a_reserved_slug_is_nobody_s(service: Service) -> None:
    answer = await service.http.post(WORKSPACES, json={"slug": "admin", "name": "Admin"})
    assert refusal(answer) == (409, "workspace_reserved")
    body = {"email": "admin@localhost", "name": "Admin"}
    made = (await service.http.post(USERS, json=body)).json()
    assert made["workspace"].startswith("admin-")


async def test_a_link_tells_what_it_is_for_and_lets_in_once(service: Service) -> None:
    body = {"email": "ada@example.org", "name": "Ada"}
    link = secret_of((await service.http.post(USERS, json=body)).json()["url"])
    async with browser(service.url) as page:
        told = (await page.post(ACCOUNT, json={"link": link})).json()
        assert (told["kind"], told["email"], told["name"]) == ("first", "ada@example.org", "Ada")
        assert (told["is_known"], told["workspace"]) == (True, None)
        uses = [page.post(BY_LINK, json={"link": link, "password": PASSWORD}) for _ in range(6)]
        came = [answer.status_code for answer in await asyncio.gather(*uses)]
        assert sorted(came) == [200, 410, 410, 410, 410, 410]
        assert refusal(await page.post(ACCOUNT, json={"link": link})) == (410, "account_link_over")
        assert (await page.get(ME)).json()["user"]["name"] == "Ada"
    for other in ("", "x", link[:-1]):
        answer = await service.http.post(ACCOUNT, json={"link": other})
        assert refusal(answer) == (410, "account_link_over")


async def test_a_reset_ends_sessions_and_every_other_link(service: Service) -> None:
    ada = await user(service, "Ada")
    reset = f"{USERS}/{ada.id}/reset"
    links = [secret_of((await service.http.post(reset)).json()["url"]) for _ in range(2)]
    async with logged_in(service.url, ada) as page, browser(service.url) as other:
        nothing = await other.post(BY_LINK, json={"link": links[0]})
        assert refusal(nothing) == (422, "invalid_request")
        answer = await other.post(BY_LINK, json={"link": links[0], "password": "new " + PASSWORD})
        assert answer.status_code == 200

        async def is_over() -> bool:
            return (await page.get(ME)).status_code == 401

        await eventually(is_over)
        assert (await other.get(ME)).status_code == 200
        answer = await other.post(BY_LINK, json={"link": links[1], "password": PASSWORD})
        assert refusal(answer) == (410, "account_link_over")
        assert refusal(await other.post(SESSION, json=ada.login)) == (401, "wrong_login")
    missing = await service.http.post(f"{USERS}/{NOBODYS}/reset")
    assert refusal(missing) == (404, "not_found")


async def test_an_invite_makes_an_account_once(service: Service) -> None:
    link = await invite(service, "Ada@example.org", "viewer")
    async with browser(service.url) as page:
        told = (await page.post(ACCOUNT, json={"link": link})).json()
        assert (told["kind"], told["email"], told["is_known"]) == (
            "invite",
            "ada@example.org",
            False,
        )
        assert (told["workspace"], told["role"]) == ("default", "viewer")
        for missing in ("name", "password"):
            body = {"link": link, "name": "Ada", "password": PASSWORD}
            del body[missing]
            assert refusal(await page.post(BY_LINK, json=body)) == (422, "invalid_request")
        body = {"link": link, "name": "Ada", "password": PASSWORD}
        uses = [page.post(BY_LINK, json=body) for _ in range(4)]
        came = sorted(answer.status_code for answer in await asyncio.gather(*uses))
        assert came[0] == 200
        assert set(came[1:]) <= {409, 410}
        me = (await page.get(ME, headers={WORKSPACE: "default"})).json()
    assert (me["role"], [each["slug"] for each in me["workspaces"]]) == (
        "viewer",
        ["ada", "default"],
    )
    assert len((await service.http.get(USERS)).json()["items"]) == 1
    assert (await service.http.get(INVITES)).json()["items"][0]["used_at"] is not None


async def test_an_invite_of_who_has_an_account_is_taken_by_them_alone(service: Service) -> None:
    ada, ben = await user(service, "Ada"), await user(service, "Ben")
    link = await invite(service, ada.email)
    body = {"link": link, "name": "Mallory", "password": "what I know"}
    async with browser(service.url) as stranger, logged_in(service.url, ben) as other:
        assert refusal(await stranger.post(BY_LINK, json=body)) == (409, "login_needed")
        assert refusal(await other.post(BY_LINK, json=body)) == (409, "login_needed")
    async with logged_in(service.url, ada) as page:
        del page.headers["Origin"]
        assert refusal(await page.post(BY_LINK, json={"link": link})) == (403, "origin_missing")
        page.headers["Origin"] = service.url
        answer = await page.post(BY_LINK, json={"link": link})
        assert (answer.status_code, answer.json()["workspace"]) == (200, "default")
        assert refusal(await page.post(BY_LINK, json={"link": link})) == (410, "account_link_over")
    again = await service.http.post(INVITES, json={"email": ada.email, "role": "viewer"})
    assert refusal(again) == (409, "already_member")


async def test_an_invite_that_was_withdrawn_opens_nothing(service: Service) -> None:
    link = await invite(service, "ada@example.org")
    (listed,) = (await service.http.get(INVITES)).json()["items"]
    assert "url" not in listed
    path = f"{INVITES}/{listed['id']}"
    assert (await service.http.delete(path)).status_code == 204
    assert refusal(await service.http.delete(path)) == (404, "not_found")
    answer = await service.http.post(ACCOUNT, json={"link": link})
    assert refusal(answer) == (410, "account_link_over")


async def test_members_are_added_changed_and_removed(service: Service) -> None:
    ada, ben = await member(service, "Ada", "admin"), await user(service, "Ben")
    async with logged_in(service.url, ada, "default") as page:
        added = await page.post(MEMBERS, json={"email": "BEN@example.org", "role": "viewer"})
        assert (added.status_code, added.json()["id"]) == (201, ben.id)
        again = await page.post(MEMBERS, json={"email": ben.email, "role": "viewer"})
        assert refusal(again) == (409, "already_member")
        nobody = await page.post(MEMBERS, json={"email": "no@example.org", "role": "viewer"})
        assert refusal(nobody) == (404, "not_found")
        changed = await page.put(f"{MEMBERS}/{ben.id}", json={"role": "member"})
        assert changed.json()["role"] == "member"
        listed = (await page.get(MEMBERS)).json()["items"]
        assert [(each["name"], each["role"]) for each in listed] == [
            ("Ada", "admin"),
            ("Ben", "member"),
        ]
        assert (await page.delete(f"{MEMBERS}/{ben.id}")).status_code == 204
        assert refusal(await page.delete(f"{MEMBERS}/{ben.id}")) == (404, "not_found")
        own = f"{WORKSPACES}/{ada.workspace}/members"
        shared = await page.post(own, json={"email": ben.email, "role": "viewer"})
        assert refusal(shared) == (409, "personal_workspace")
        theirs = await page.get(f"{WORKSPACES}/{ben.workspace}/members")
        assert refusal(theirs) == (404, "not_found")
    nobodys = await service.http.get(f"{WORKSPACES}/nobodys/members")
    assert refusal(nobodys) == (404, "not_found")


async def test_the_last_admin_of_a_workspace_stays_one(service: Service) -> None:
    ada, ben = await member(service, "Ada", "admin"), await member(service, "Ben", "member")
    leave = "/api/v1/me/memberships"
    async with logged_in(service.url, ada, "default") as page:
        for refused in (
            await page.put(f"{MEMBERS}/{ada.id}", json={"role": "member"}),
            await page.delete(f"{MEMBERS}/{ada.id}"),
            await page.delete(f"{leave}/default"),
            await service.http.delete(f"{USERS}/{ada.id}"),
        ):
            assert refusal(refused) == (409, "last_admin")
        assert refusal(await page.delete(f"{leave}/ada")) == (409, "personal_workspace")
        own = f"{WORKSPACES}/{ada.workspace}/members/{ada.id}"
        lesser = await page.put(own, json={"role": "member"}, headers={WORKSPACE: ada.workspace})
        assert refusal(lesser) == (409, "personal_workspace")
        assert (await page.put(f"{MEMBERS}/{ben.id}", json={"role": "admin"})).status_code == 200
        assert (await page.delete(f"{leave}/default")).status_code == 204


async def test_of_admins_who_all_go_at_once_one_stays(service: Service) -> None:
    admins = [await member(service, name, "admin") for name in ("Ada", "Ben", "Cy", "Di")]
    leaves = [service.http.delete(f"{MEMBERS}/{each.id}") for each in admins[:2]]
    lowers = [
        service.http.put(f"{MEMBERS}/{each.id}", json={"role": "viewer"}) for each in admins[2:3]
    ]
    removes = [service.http.delete(f"{USERS}/{admins[3].id}")]
    answers = await asyncio.gather(*leaves, *lowers, *removes)
    refused = [refusal(each) for each in answers if each.status_code >= 400]
    assert refused == [(409, "last_admin")]
    left = (await service.http.get(MEMBERS)).json()["items"]
    assert [each["role"] for each in left].count("admin") == 1


async def test_a_personal_workspace_goes_after_its_user_and_no_slug_comes_back(
    service: Service,
) -> None:
    ada = await user(service, "Ada")
    path = f"{WORKSPACES}/{ada.workspace}"
    assert refusal(await service.http.delete(path)) == (409, "personal_workspace")
    assert (await service.http.delete(f"{USERS}/{ada.id}")).status_code == 204
    assert (await service.http.delete(path)).status_code == 202
    again = await user(service, "Ada")
    assert again.workspace.startswith("ada-")


async def test_tokens_may_no_more_than_who_made_them(service: Service) -> None:
    await member(service, "Di", "admin")
    ada = await member(service, "Ada", "admin")
    async with logged_in(service.url, ada, "default") as page:
        made = {
            role: (await page.post(TOKENS, json={"name": role, "role": role})).json()
            for role in ("viewer", "member", "admin")
        }
    assert {each["made_by"] for each in made.values()} == {ada.id}

    async def good() -> set[str]:
        found = set()
        for role, told in made.items():
            async with somebody(service.url, Token(told["id"], told["token"])) as client:
                if (await client.get(ME)).status_code == 200:
                    found.add(role)
        return found

    assert await good() == {"viewer", "member", "admin"}
    await service.http.put(f"{MEMBERS}/{ada.id}", json={"role": "member"})

    async def are_viewer_and_member() -> bool:
        return await good() == {"viewer", "member"}

    await eventually(are_viewer_and_member)
    assert (await service.http.delete(f"{USERS}/{ada.id}")).status_code == 204

    async def is_none() -> bool:
        return not await good()

    await eventually(is_none)


async def test_what_was_done_to_people_is_in_the_audit(service: Service) -> None:
    ada = await member(service, "Ada", "admin")
    async with logged_in(service.url, ada, "default") as page:
        await page.post(INVITES, json={"email": "ben@example.org", "role": "viewer"})
        deeds = (await page.get("/api/v1/audit")).json()["items"]
        assert [(d["action"], d["actor"], d["subject"]) for d in deeds[1:]] == [
            ("member.added", "settings", ada.id)
        ]
        assert (deeds[0]["action"], deeds[0]["actor"]) == ("invite.created", ada.id)
        assert (deeds[0]["actor_name"], deeds[0]["details"]["email"]) == ("Ada", "ben@example.org")
        own = (await page.get("/api/v1/audit", headers={WORKSPACE: "ada"})).json()["items"]
        assert [deed["action"] for deed in own] == [
            "session.created",
            "password.reset",
            "user.created",
        ]
        everywhere = {"everywhere": "true"}
        answer = await page.get("/api/v1/audit", params=everywhere)
        assert refusal(answer) == (403, "forbidden")
    every = (await service.http.get("/api/v1/audit", params=everywhere)).json()["items"]
    assert {deed["workspace"] for deed in every} == {"ada", "default"}
