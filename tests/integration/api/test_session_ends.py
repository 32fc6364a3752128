"""Sessions end everywhere: with a logout, with the password, with the membership, with time."""

from __future__ import annotations

import asyncio

import asyncpg
import httpx2

from services.api.identity.known import BELIEVED_SECONDS
from services.api.identity.throttle import OF_ACCOUNT
from shared.log import Log
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.conftest import started
from tests.integration.api.people import (
    PASSWORD,
    SESSION,
    WORKSPACE,
    WORKSPACES,
    browser,
    cookie_of,
    logged_in,
    member,
    refusal,
    user,
)
from tests.integration.api.story import Service, Story

ME = "/api/v1/me"
CHANGE = "/api/v1/me/password"
OTHER = "another river of words"


async def test_a_logout_is_heard_by_another_api(
    service: Service, nats_url: str, database_url: str
) -> None:
    ada = await user(service, "Ada")
    async with (
        started(nats_url, database_url) as other,
        logged_in(service.url, ada) as page,
        browser(other.url, Cookie=f"penstock_session={cookie_of(page)}") as elsewhere,
    ):
        assert (await elsewhere.get(ME)).status_code == 200
        answer = await page.delete(SESSION)
        ended_at = asyncio.get_running_loop().time()
        assert (answer.status_code, "Max-Age=0" in answer.headers["set-cookie"]) == (204, True)

        async def refused() -> bool:
            return (await elsewhere.get(ME)).status_code == 401

        await eventually(refused)
        assert asyncio.get_running_loop().time() - ended_at < 2 * BELIEVED_SECONDS


async def test_a_change_of_the_password_ends_all_sessions(service: Service) -> None:
    ada = await user(service, "Ada")
    async with logged_in(service.url, ada) as page, logged_in(service.url, ada) as other:
        wrong = {"password": OTHER, "new_password": OTHER}
        assert refusal(await page.put(CHANGE, json=wrong)) == (403, "wrong_password")
        short = {"password": PASSWORD, "new_password": "short"}
        assert refusal(await page.put(CHANGE, json=short)) == (422, "invalid_request")
        right = {"password": PASSWORD, "new_password": OTHER}
        assert (await page.put(CHANGE, json=right)).status_code == 204
        assert (await page.get(ME)).status_code == 401

        async def refused() -> bool:
            return (await other.get(ME)).status_code == 401

        await eventually(refused)
        assert refusal(await page.post(SESSION, json=ada.login)) == (401, "wrong_login")
        again = await page.post(SESSION, json={**ada.login, "password": OTHER})
        assert again.status_code == 200


async def test_a_password_is_guessed_by_a_change_no_faster_than_by_a_login(
    service: Service,
) -> None:
    ada = await user(service, "Ada")
    async with logged_in(service.url, ada) as page:
        wrong = {"password": OTHER, "new_password": OTHER}
        for _ in range(OF_ACCOUNT):
            assert refusal(await page.put(CHANGE, json=wrong)) == (403, "wrong_password")
        right = {"password": PASSWORD, "new_password": OTHER}
        answer = await page.put(CHANGE, json=right)
        assert refusal(answer) == (429, "too_many_logins")
        assert int(answer.headers["retry-after"]) > 0
        assert refusal(await page.post(SESSION, json=ada.login)) == (429, "too_many_logins")


async def test_logins_that_race_a_change_of_the_password_leave_no_session_of_the_old_one(
    service: Service, database_url: str
) -> None:
    ada = await user(service, "Ada")
    async with logged_in(service.url, ada) as page, browser(service.url) as other:
        body = {"password": PASSWORD, "new_password": OTHER}
        logins = [other.post(SESSION, json=ada.login) for _ in range(OF_ACCOUNT - 1)]
        changed, *_ = await asyncio.gather(page.put(CHANGE, json=body), *logins)
        assert changed.status_code == 204
        connection = await asyncpg.connect(database_url)
        good = await connection.fetchval(
            "select count(*) from sessions s join users u on u.id = s.user_id "
            "where s.epoch = u.epoch"
        )
        await connection.close()
        assert good == 0


async def test_streams_and_tickets_end_with_the_session_and_with_the_membership(
    service: Service, log: Log
) -> None:
    run = await service.run()
    await Story(log, run).begin()
    ada, ben = await member(service, "Ada", "admin"), await member(service, "Ben", "viewer")
    async with (
        logged_in(service.url, ada, "default") as page,
        logged_in(service.url, ben, "default") as left,
        httpx2.AsyncClient() as holder,
    ):
        tickets = [
            (await client.get(f"/api/v1/runs/{run}")).json()["events_url"]
            for client in (page, left)
        ]
        begun: list[str] = []
        reads = [
            *((client, f"/api/v1/runs/{run}/events") for client in (page, left)),
            *((holder, ticket) for ticket in tickets),
        ]
        cut = asyncio.gather(*(read_until_cut(client, path, begun) for client, path in reads))
        await eventually(lambda: len(begun) == len(reads))
        assert (await page.delete(SESSION)).status_code == 204
        removed = await service.http.delete(f"{WORKSPACES}/default/members/{ben.id}")
        assert removed.status_code == 204
        async with asyncio.timeout(PATIENCE_SECONDS):
            await cut
        assert (await left.get(ME, headers={WORKSPACE: "ben"})).status_code == 200

        async def are_dead() -> bool:
            json = {"Accept": "application/json"}
            answers = [await holder.get(ticket, headers=json) for ticket in tickets]
            return [each.status_code for each in answers] == [401, 401]

        await eventually(are_dead)


async def read_until_cut(client: httpx2.AsyncClient, path: str, begun: list[str]) -> None:
    stream = {"Accept": "text/event-stream"}
    async with client.stream("GET", path, headers=stream) as answer:
        assert answer.status_code == 200
        begun.append(path)
        async for _ in answer.aiter_raw():
            pass


async def test_a_session_lasts_from_its_last_use(service: Service, database_url: str) -> None:
    ada = await user(service, "Ada")
    connection = await asyncpg.connect(database_url)
    is_later = "max(expires_at) > now() + interval '13 days 23 hours'"
    async with logged_in(service.url, ada) as page:
        await connection.execute("update sessions set expires_at = now() + interval '2 days'")

        async def is_renewed() -> bool:
            assert (await page.get(ME)).status_code == 200
            return bool(await connection.fetchval(f"select {is_later} from sessions"))

        await eventually(is_renewed)
    async with logged_in(service.url, ada) as page:
        await connection.execute("update sessions set expires_at = now()")

        async def refused() -> bool:
            return (await page.get(ME)).status_code == 401

        await eventually(refused)
    await connection.close()
