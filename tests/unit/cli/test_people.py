"""Users, members and logins on the terminal."""

from __future__ import annotations

import json
import stat
from typing import Any

from services.api.people.member_models import InvitePage, MadeInvite, MemberPage, MemberShape
from services.api.people.models import WorkspacePage
from services.api.people.user_models import (
    AccountLink,
    IdentityShape,
    MadeUser,
    UserPage,
    UserShape,
)
from tests.unit.cli.command import penstock
from tests.unit.cli.script import Script
from tests.unit.client.scripted_penstock import Reply, Request, answer

USERS, MEMBERS = "/api/v1/users", "/api/v1/workspaces/default/members"
USER: Any = MadeUser.EXAMPLE
WHO: Any = IdentityShape.EXAMPLE
EMAIL = USER["email"]
COOKIE = "penstock_session=by-chance"


def as_ada(script: Script) -> None:
    """Who asks is in the workspace `default`."""
    script.stack.on("GET", "/api/v1/me", answer({**WHO, "workspace": "default"}))
    script.stack.on("GET", MEMBERS, answer(MemberPage.EXAMPLE))


async def test_a_new_user_s_link_is_printed_alone(script: Script) -> None:
    script.stack.on("POST", USERS, answer(USER, 201))
    ended = await penstock("user", "add", EMAIL, "--admin", directory=script.directory)
    assert (ended.code, ended.out) == (0, f"{USER['url']}\n")
    assert "It is not shown again." in ended.err
    asked = json.loads(script.stack.requests[-1].body)
    assert asked == {"email": EMAIL, "name": "ada", "is_instance_admin": True}


async def test_users_are_listed_reset_and_removed_by_their_e_mail(script: Script) -> None:
    script.stack.on("GET", USERS, answer(UserPage.EXAMPLE))
    script.stack.on("POST", f"{USERS}/{USER['id']}/reset", answer(AccountLink.EXAMPLE, 201))
    script.stack.on("DELETE", f"{USERS}/{USER['id']}", answer(None, 204))
    ended = await penstock("user", "list", directory=script.directory)
    assert ended.out.splitlines()[1].split() == [EMAIL, USER["id"][:13], "Ada", "ada"]
    ended = await penstock("user", "reset", EMAIL.upper(), directory=script.directory)
    assert (ended.code, ended.out) == (0, f"{USER['url']}\n")
    ended = await penstock("user", "remove", EMAIL, directory=script.directory)
    assert (ended.code, ended.out) == (0, f"{EMAIL} removed\n")
    ended = await penstock("user", "remove", "ben", directory=script.directory)
    assert (ended.code, "No user here is called 'ben'" in ended.err) == (2, True)


async def test_an_empty_workspace_is_not_one_s_own(script: Script) -> None:
    as_ada(script)
    for command in (("list",), ("add", EMAIL), ("role", EMAIL, "admin"), ("remove", EMAIL)):
        ended = await penstock("member", *command, "--workspace", "", directory=script.directory)
        assert ended.code == 2, command
        assert "expected the slug of a workspace, got an empty one" in ended.err
    assert {request.method for request in script.stack.requests} <= {"GET"}


async def test_a_user_is_said_to_run_the_installation_or_not_any_more(script: Script) -> None:
    script.stack.on("GET", USERS, answer(UserPage.EXAMPLE))
    script.stack.on("PUT", f"{USERS}/{USER['id']}/instance-admin", answer(UserShape.EXAMPLE))
    ended = await penstock("user", "admin", EMAIL, directory=script.directory)
    assert (ended.code, ended.out) == (0, f"{EMAIL} runs the installation\n")
    assert json.loads(script.stack.requests[-1].body) == {"is_instance_admin": True}
    ended = await penstock("user", "admin", EMAIL, "--take", directory=script.directory)
    assert ended.out == f"{EMAIL} does not run the installation any more\n"
    assert json.loads(script.stack.requests[-1].body) == {"is_instance_admin": False}


async def test_members_are_of_one_s_own_workspace_unless_another_is_named(script: Script) -> None:
    as_ada(script)
    member: Any = MemberShape.EXAMPLE
    script.stack.on("POST", "/api/v1/workspaces/acme/members", answer(member, 201))
    script.stack.on("PUT", f"{MEMBERS}/{member['id']}", answer({**member, "role": "viewer"}))
    script.stack.on("DELETE", f"{MEMBERS}/{member['id']}", answer(None, 204))
    directory = script.directory
    ended = await penstock("member", "list", directory=directory)
    assert ended.out.splitlines()[1].split()[:4] == [EMAIL, member["id"][:13], "Ada", "member"]
    ended = await penstock("member", "add", EMAIL, "--workspace", "acme", directory=directory)
    assert ended.out == f"{EMAIL} is member of acme\n"
    ended = await penstock("member", "role", EMAIL, "viewer", directory=directory)
    assert ended.out == f"{EMAIL} is viewer of default\n"
    ended = await penstock("member", "remove", EMAIL, directory=directory)
    assert ended.out == f"{EMAIL} is no member of default any more\n"


async def test_workspaces_are_made_and_listed(script: Script) -> None:
    page: Any = WorkspacePage.EXAMPLE
    script.stack.on("GET", "/api/v1/workspaces", answer(page))
    script.stack.on("POST", "/api/v1/workspaces", answer(page["items"][0], 201))
    ended = await penstock("workspace", "add", "acme", directory=script.directory)
    assert (ended.out, "--role admin --workspace acme" in ended.err) == ("acme\n", True)
    ended = await penstock("workspace", "list", directory=script.directory)
    assert ended.out.splitlines()[1].split()[:2] == ["acme", "Acme"]


async def test_an_invite_s_link_is_printed_alone(script: Script) -> None:
    made: Any = MadeInvite.EXAMPLE
    script.stack.on("POST", "/api/v1/invites", answer(made, 201))
    ended = await penstock("invite", EMAIL, "--role", "viewer", directory=script.directory)
    assert ended.out == f"{made['url']}\n"
    assert json.loads(script.stack.requests[-1].body) == {"email": EMAIL, "role": "viewer"}


async def test_who_logs_in_works_as_themselves_until_they_log_out(script: Script) -> None:
    team = [{"slug": "ada", "name": "Ada", "role": "admin"}]
    team.append({"slug": "rivers", "name": "Rivers", "role": "member"})
    body = json.dumps({**WHO, "workspaces": team}).encode()
    given = {"set-cookie": f"{COOKIE}; Path=/; HttpOnly"}
    script.stack.on("POST", "/api/v1/session", Reply(pieces=[body], headers=given))
    script.stack.on("DELETE", "/api/v1/session", answer(None, 204))
    script.stack.on("GET", "/api/v1/tokens", answer({"items": [], "next_cursor": None}))
    directory = script.directory
    ended = await penstock("login", EMAIL, directory=directory, typed="a river of words\n")
    assert (ended.code, ended.out) == (0, "Ada has logged in, and works in rivers\n"), ended.err
    asked = script.stack.requests[-1]
    assert json.loads(asked.body) == {"email": EMAIL, "password": "a river of words"}
    assert "authorization" not in asked.headers
    (kept,) = directory.rglob("login.json")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    await penstock("token", "list", directory=directory)
    assert sent(script.stack.requests[-1]) == (COOKIE, "rivers", None)
    await penstock("token", "list", "--token", "another", directory=directory)
    assert sent(script.stack.requests[-1]) == (None, None, "Bearer another")
    assert (await penstock("logout", directory=directory)).out == "logged out\n"
    assert script.stack.requests[-1].headers["origin"] == script.stack.url
    assert not list(directory.rglob("login.json"))
    ended = await penstock("logout", directory=directory)
    assert (ended.code, "Nobody has logged in here" in ended.err) == (2, True)


async def test_who_changes_their_password_goes_on_with_a_new_session(script: Script) -> None:
    body, path = json.dumps(WHO).encode(), "/api/v1/me/password"
    begun = {"set-cookie": f"{COOKIE}-anew; Path=/; HttpOnly"}
    script.stack.on("POST", "/api/v1/session", Reply(pieces=[body], headers=begun))
    script.stack.on("GET", "/api/v1/me", answer(WHO))
    script.stack.on("PUT", path, answer(None, 204))
    directory, typed = script.directory, "a river of words\nanother river\n"
    ended = await penstock("user", "password", directory=directory, typed=typed)
    assert (ended.code, "Nobody has logged in here" in ended.err) == (2, True)
    stack = next(directory.rglob("stack.json"))
    kept = {"api_url": script.stack.url, "session": "by-chance", "workspace": "rivers"}
    stack.with_name("login.json").write_text(json.dumps(kept))
    ended = await penstock("user", "password", directory=directory, typed=typed)
    assert (ended.code, ended.out) == (0, f"The password of {EMAIL} is changed\n"), ended.err
    (changed,) = [each for each in script.stack.requests if each.path == path]
    assert sent(changed) == (COOKIE, "rivers", None)
    assert json.loads(changed.body) == {
        "password": "a river of words",
        "new_password": "another river",
    }
    asked = json.loads(script.stack.requests[-1].body)
    assert asked == {"email": EMAIL, "password": "another river"}
    found = json.loads(stack.with_name("login.json").read_text())
    assert (found["session"], found["workspace"]) == ("by-chance-anew", "rivers")


def sent(request: Request) -> tuple[str | None, str | None, str | None]:
    """What a request says of who makes it: its cookie, its workspace, its token."""
    names = ("cookie", "x-penstock-workspace", "authorization")
    cookie, workspace, token = (request.headers.get(name) for name in names)
    return cookie, workspace, token


async def test_a_session_of_another_stack_is_not_sent_there(script: Script) -> None:
    script.stack.on("GET", "/api/v1/tokens", answer({"items": [], "next_cursor": None}))
    stack = next(script.directory.rglob("stack.json"))
    kept = {"api_url": "http://127.0.0.1:1", "session": "secret", "workspace": "ada"}
    stack.with_name("login.json").write_text(json.dumps(kept))
    await penstock("token", "list", directory=script.directory)
    assert sent(script.stack.requests[-1])[0] is None
    stack.with_name("login.json").write_text("{")
    ended = await penstock("token", "list", directory=script.directory)
    assert (ended.code, "does not hold a login" in ended.err) == (2, True)


async def test_invites_are_listed_and_an_open_one_is_withdrawn(script: Script) -> None:
    page: Any = InvitePage.EXAMPLE
    (one,) = page["items"]
    one = {**one, "used_at": None, "expires_at": "2999-01-01T00:00:00Z"}
    used = {**one, "id": "01951f6e-7a10-7000-8000-00000000000a", "used_at": one["created_at"]}
    items = {"items": [one, used], "next_cursor": None}
    script.stack.on("GET", "/api/v1/invites", answer(items))
    script.stack.on("DELETE", f"/api/v1/invites/{one['id']}", answer(None, 204))
    ended = await penstock("invites", directory=script.directory)
    first, second = ended.out.splitlines()[1:]
    assert first.split()[0] == one["email"]
    assert first.endswith("until 2999-01-01")
    assert " used " in second
    ended = await penstock("invites", "withdraw", one["email"], directory=script.directory)
    assert (ended.code, ended.out) == (0, f"{one['email']} is invited no more\n")
    ended = await penstock("invites", "withdraw", used["id"], directory=script.directory)
    assert (ended.code, "No open invite here" in ended.err) == (2, True)


async def test_a_workspace_is_removed(script: Script) -> None:
    told = {"slug": "acme", "status": "deleting"}
    script.stack.on("DELETE", "/api/v1/workspaces/acme", answer(told, 202))
    ended = await penstock("workspace", "remove", "acme", directory=script.directory)
    assert (ended.code, ended.out) == (0, "acme deleting\n")
    assert "never used again" in ended.err
