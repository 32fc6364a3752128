"""Who runs the installation: said and taken by one another, and one user goes on."""

from __future__ import annotations

import asyncio

from tests.eventually import eventually
from tests.integration.api.people import USERS, User, logged_in, refusal, user
from tests.integration.api.story import Service

GIVE, TAKE = {"is_instance_admin": True}, {"is_instance_admin": False}
NOBODYS = "01951f6e-7a10-7000-8000-00000000ffff"


async def test_who_runs_the_installation_may_be_said_and_one_user_goes_on(
    service: Service,
) -> None:
    ada = await user(service, "Ada", is_instance_admin=True)
    ben = await user(service, "Ben")
    async with logged_in(service.url, ada) as page, logged_in(service.url, ben) as other:
        assert refusal(await other.put(rules(ben), json=GIVE)) == (403, "forbidden")
        assert refusal(await page.put(rules(ada), json=TAKE)) == (409, "last_instance_admin")
        assert (await page.put(rules(ada), json=GIVE)).json()["is_instance_admin"] is True
        assert (await page.put(rules(ben), json=TAKE)).json()["is_instance_admin"] is False
        given = await page.put(rules(ben), json=GIVE)
        assert (given.status_code, given.json()["is_instance_admin"]) == (200, True)

        async def may() -> bool:
            return (await other.get(USERS)).status_code == 200

        await eventually(may)
        taken = await other.put(rules(ada), json=TAKE)
        assert taken.json()["email"] == ada.email

        async def may_not() -> bool:
            return (await page.get(USERS)).status_code == 403

        await eventually(may_not)
        missing = await other.put(f"{USERS}/{NOBODYS}/instance-admin", json=GIVE)
        assert refusal(missing) == (404, "not_found")
    audit = (await service.http.get("/api/v1/audit", params={"everywhere": "true"})).json()
    told = [each for each in audit["items"] if each["action"] == "user.instance_admin"]
    assert (told[0]["subject"], told[0]["actor"]) == (ada.id, ben.id)
    assert told[0]["details"] == {"is_instance_admin": False}


async def test_of_two_who_take_it_from_each_other_one_runs_the_installation(
    service: Service,
) -> None:
    users = [await user(service, name, is_instance_admin=True) for name in ("Ada", "Ben", "Cy")]
    takes = [service.http.put(rules(each), json=TAKE) for each in users]
    answers = await asyncio.gather(*takes)
    assert sorted(each.status_code for each in answers) == [200, 200, 409]
    left = (await service.http.get(USERS)).json()["items"]
    assert [each["is_instance_admin"] for each in left].count(True) == 1


async def test_who_alone_runs_the_installation_is_not_removed(service: Service) -> None:
    ada, ben, cy = [
        await user(service, name, is_instance_admin=True) for name in ("Ada", "Ben", "Cy")
    ]
    asked = (
        service.http.delete(f"{USERS}/{ada.id}"),
        service.http.put(rules(ben), json=TAKE),
        service.http.delete(f"{USERS}/{cy.id}"),
    )
    answers = await asyncio.gather(*asked)
    refused = [refusal(each) for each in answers if each.status_code >= 400]
    assert refused == [(409, "last_instance_admin")]
    left = (await service.http.get(USERS)).json()["items"]
    assert [each["is_instance_admin"] for each in left].count(True) == 1


def rules(who: User) -> str:
    """Where is said whether somebody runs the installation."""
    return f"{USERS}/{who.id}/instance-admin"
