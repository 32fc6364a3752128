"""Tricks that take more than one request: races, things used twice, work broken off halfway."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import httpx2

from shared.credentials.sealer import id_of
from shared.flow import JSON
from tests.acceptance.mischief_world import ASKS, OURS, THEIRS, Trick, Tried, World
from tests.eventually import eventually
from tests.integration.api.people import (
    PASSWORD,
    SESSION,
    WORKSPACE,
    WORKSPACES,
    browser,
    logged_in,
    secret_of,
    user,
)
from tests.stack import RunningStack

AT_ONCE = 16
SECRETS = 130
_NEW = "cd" * 32
_BY_LINK, _PASSWORD = "/api/v1/links/session", "/api/v1/me/password"


async def logins_race_a_password_change(world: World) -> Tried:
    """Two log in with the old password while it is changed: no session of before is left."""
    url, who = world.service.url, await user(world.service, "Rae")
    body = {"password": PASSWORD, "new_password": f"{PASSWORD} and more"}
    async with logged_in(url, who) as page, browser(url) as one, browser(url) as two:
        answers = await asyncio.gather(
            one.post(SESSION, json=who.login),
            page.put(_PASSWORD, json=body),
            two.post(SESSION, json=who.login),
        )

        async def are_out() -> bool:
            asked = [await each.get("/api/v1/me") for each in (one, two, page)]
            return all(each.status_code == 401 for each in asked)

        await eventually(are_out)
        old = await one.post(SESSION, json=who.login)
        new = {"email": who.email, "password": body["new_password"]}
        good = (await two.post(SESSION, json=new)).status_code
    is_well = (answers[1].status_code, old.status_code, good) == (204, 401, 200)
    found = "no session of the old password is good; it is refused, the new one lets in"
    return Tried([*answers, old], found, is_well)


async def an_invite_used_twice(world: World) -> Tried:
    """At once and once more: one account, one membership."""
    headers = {"Origin": world.service.url, WORKSPACE: OURS}
    async with world.asking("Ann", **headers) as ann:
        body = {"email": "ivy@example.org", "role": "viewer"}
        link = secret_of((await ann.post("/api/v1/invites", json=body)).json()["url"])
    taking = {"link": link, "name": "Ivy", "password": PASSWORD}
    async with browser(world.service.url) as page:
        answers = await asyncio.gather(*(page.post(_BY_LINK, json=taking) for _ in range(AT_ONCE)))
        answers.append(await page.post(_BY_LINK, json=taking))
    came = Counter(each.status_code for each in answers)
    rows = await world.count(
        "select count(*) from memberships m join users u on u.id = m.user_id "
        "where u.email = $1 and m.workspace = $2",
        *("ivy@example.org", OURS),
    )
    is_well = came[200] == 1 and set(came) <= {200, 409, 410} and rows == 1
    return Tried(answers, f"{dict(came)} of {len(answers)}, {rows} membership", is_well)


async def the_last_admin_leaves(world: World) -> Tried:
    """By leaving, by a lower role, by being removed from the installation."""
    before = await world.count("select count(*) from memberships where role = 'admin'")
    path = f"{WORKSPACES}/{OURS}/members/{world.ann.id}"
    http = world.service.http
    async with world.asking("Ann", Origin=world.service.url) as ann:
        answers = [
            await ann.delete(f"/api/v1/me/memberships/{OURS}"),
            await ann.put(path, json={"role": "viewer"}),
            await http.delete(f"/api/v1/users/{world.ann.id}"),
        ]
    after = await world.count("select count(*) from memberships where role = 'admin'")
    is_well = all(each.json()["code"] == "last_admin" for each in answers) and before == after
    return Tried(answers, f"{after} admins, as before", is_well)


async def who_was_removed_comes_back(world: World) -> Tried:
    """By an invite of their own, by a token, and by a token that this one made."""
    gone, http = await user(world.service, "Gil"), world.service.http
    members = f"{WORKSPACES}/{OURS}/members"
    await http.post(members, json={"email": gone.email, "role": "admin"})
    token = {"name": "t", "role": "admin"}
    async with logged_in(world.service.url, gone, OURS) as page:
        body = {"email": "gil2@example.org", "role": "admin"}
        link = secret_of((await page.post("/api/v1/invites", json=body)).json()["url"])
        first = (await page.post("/api/v1/tokens", json=token)).json()["token"]
    by_first = {"Authorization": f"Bearer {first}"}
    async with browser(world.service.url) as stranger:
        made = await stranger.post("/api/v1/tokens", json=token, headers=by_first)
        by_second = {"Authorization": f"Bearer {made.json()['token']}"}
        await http.delete(f"{members}/{gone.id}")

        async def answers() -> list[httpx2.Response] | None:
            taking = {"link": link, "name": "Gil", "password": PASSWORD}
            found = [
                await stranger.get("/api/v1/runs", headers=by_first),
                await stranger.get("/api/v1/runs", headers=by_second),
                await stranger.post(_BY_LINK, json=taking),
            ]
            return found if found[0].status_code == 401 else None

        found = await eventually(answers)
    is_well = [each.status_code for each in found] == [401, 401, 410]
    return Tried(found, "neither invite nor token opens anything", is_well)


async def many_runs_are_cancelled(world: World) -> Tried:
    """All of Acme, by one request; Globex's run goes on."""
    headers = world.tokens["admin"].headers
    http, room = world.service.http, asyncio.Semaphore(AT_ONCE)
    flow = json.loads(json.dumps(ASKS).replace("zebra", "Well?"))

    async def begin() -> None:
        async with room:
            answer = await http.post("/api/v1/runs", json={"flow": flow}, headers=headers)
            assert answer.status_code == 202, answer.text

    await asyncio.gather(*(begin() for _ in range(world.runs)))
    living = "select count(*) from runs where workspace = $1 and finished_seq is null"

    async def are_known() -> bool:
        return await world.count(living, OURS) == world.runs

    await eventually(are_known)
    asked = await http.post("/api/v1/runs/cancel", json={"filter": {}}, headers=headers)
    job = f"/api/v1/jobs/{asked.json()['id']}"

    await _until_none(world, living)

    async def is_done() -> Mapping[str, Any] | None:
        told: Mapping[str, Any] = (await http.get(job, headers=headers)).json()
        return told if told["status"] == "done" else None

    told = await eventually(is_done)
    theirs = await world.count(living, THEIRS)
    cancelled = await world.count(
        "select count(*) from runs where workspace = $1 and status = 'cancelled'", OURS
    )
    found = (
        f"job: {told['done']} of {told['total']} asked; {cancelled} cancelled, {theirs} of Globex's"
    )
    return Tried([asked], found, (cancelled, theirs) == (world.runs, 1))


async def _until_none(world: World, living: str) -> None:
    left = world.runs
    while left:

        async def is_further(before: int = left) -> bool:
            return await world.count(living, OURS) < before

        await eventually(is_further, every=0.2)
        left = await world.count(living, OURS)


async def another_s_export_is_imported(world: World) -> Tried:
    """Whole it makes agents of its own; by an id of Globex's agent alone it is refused."""
    theirs, ours = world.tokens["other"].headers, world.tokens["admin"].headers
    http, path = world.service.http, "/api/v1/pipelines/import"
    exported = await http.get(f"/api/v1/pipelines/{world.ids['pipeline']}/export", headers=theirs)
    text = exported.text.replace("zebra", "heron")
    document = json.loads(text)
    later, bare = {**document, "format": 3}, {**document, "agents": [], "name": "bare"}
    others: list[JSON] = [document, document, later, bare, {**document, "kind": "agent"}, []]
    answers = [await http.post(path, json=each, headers=ours) for each in others]
    made = await world.count("select count(*) from agents where workspace = $1", OURS)
    shared = await world.count(
        "select count(*) from agents where workspace = $1 and id = $2", OURS, world.ids["agent"]
    )
    pipelines = await world.count("select count(*) from pipelines where workspace = $1", OURS)
    statuses = [each.status_code for each in answers]
    found = f"{made} agent and {pipelines} pipeline made, none of Globex's used"
    is_well = statuses == [201, 409, 422, 422, 422, 422] and (made, shared, pipelines) == (1, 0, 1)
    return Tried(answers, f"{statuses}: {found}", is_well)


async def a_rotation_is_interrupted(world: World) -> Tried:
    """The api dies after a hundred of the values; all are there, then under the new key."""
    headers, http = world.tokens["admin"].headers, world.service.http
    for number in range(SECRETS):
        answer = await http.put(f"/api/v1/secrets/S_{number}", json={"value": "x"}, headers=headers)
        assert answer.is_success, answer.text
    file = world.stack.data / "secrets.json"
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({**kept, "secret_key": f"{_NEW},{kept['secret_key']}"}))
    await asyncio.to_thread(world.stack.stop)
    world.stack = await asyncio.to_thread(RunningStack, world.stack.data, 1, {})
    try:
        return await _rotated_twice(world)
    finally:
        await asyncio.to_thread(world.stack.stop)


async def _rotated_twice(world: World) -> Tried:
    async with world.stack.http() as http:
        answers = [await eventually(lambda: _rotated(http))]
        await world.stack.kill("api")

        async def is_done() -> httpx2.Response | None:
            answer = await _rotated(http)
            return answer if answer and answer.json()["remaining"] == 0 else None

        answers.append(await eventually(is_done))
    sealed = "select count(*) from credentials where sealed is not null and sealed_by = $1"
    all_of_them = await world.count("select count(*) from credentials where sealed is not null")
    anew = await world.count(sealed, id_of(bytes.fromhex(_NEW)))
    unreadable = answers[-1].json()["unreadable"]
    found = f"{anew} of {all_of_them} values under the new key, {unreadable} unreadable"
    return Tried(answers, found, anew == all_of_them and unreadable == 0)


async def _rotated(http: httpx2.AsyncClient) -> httpx2.Response | None:
    try:
        answer = await http.post("admin/keys/rotate")
    except httpx2.HTTPError:
        return None
    return answer if answer.status_code == 200 else None


TRICKS: Mapping[str, Trick] = {
    "two logins race a password change": logins_race_a_password_change,
    "an invite used many times at once": an_invite_used_twice,
    "the last admin leaves": the_last_admin_leaves,
    "who was removed comes back": who_was_removed_comes_back,
    "an import of another's export": another_s_export_is_imported,
    "a bulk cancel": many_runs_are_cancelled,
    "a rotation interrupted halfway": a_rotation_is_interrupted,
}
