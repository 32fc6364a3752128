"""Approvals that name who may decide: these alone do, by themselves or by a link of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import httpx2

from shared.log import Log
from tests.eventually import eventually
from tests.integration.api.people import WORKSPACES, made, member, somebody
from tests.integration.api.people import logged_in as browser_of
from tests.integration.api.story import Service, Story
from tests.integration.api.test_decision_links import asks, code_of, decides, secret_of

APPROVE = {"decision": "approve"}


async def asking(service: Service, log: Log, approvers: Sequence[str] | None) -> str:
    """The path of a step that asks; these alone may decide."""
    ask = {"id": "final", "type": "approval", "data": {"prompt": "Fine?", "approvers": approvers}}
    run = await service.run(flow={"nodes": [ask], "edges": []})
    await Story(log, run).ask(0, "final", prompt="Fine?")
    return f"/api/v1/runs/{run}/steps/0"


async def decide(who: httpx2.AsyncClient, step: str) -> tuple[int, str]:
    answer = await who.post(f"{step}/decision", json=APPROVE)
    return answer.status_code, str(answer.json().get("code", answer.json().get("decided_by")))


REFUSED = (403, "not_an_approver")


async def test_users_who_are_named_decide_and_nobody_else(service: Service, log: Log) -> None:
    ada, bo = await member(service, "Ada", "member"), await member(service, "Bo", "admin")
    by_mail = await asking(service, log, ["Ada@Example.org"])
    by_id = await asking(service, log, [ada.id])
    async with (
        browser_of(service.url, ada, "default") as named,
        browser_of(service.url, bo, "default") as other,
    ):
        for step in (by_mail, by_id):
            assert await decide(other, step) == REFUSED
            assert await decide(service.http, step) == REFUSED
            assert await decide(named, step) == (200, "Ada")
        answer = await other.post(
            f"{await asking(service, log, [ada.email])}/decision", json=APPROVE
        )
    told: dict[str, Any] = answer.json()
    assert told["approvers"] == ["ada@example.org"]
    assert told["detail"] == ("expected one who may decide on 'final': ada@example.org; got 'Bo'")


async def test_a_role_that_is_named_decides_with_those_above_it(service: Service, log: Log) -> None:
    step = await asking(service, log, ["nobody@example.org", "admin"])
    async with (
        somebody(service.url, await made(service, "member")) as low,
        somebody(service.url, await made(service, "admin")) as high,
    ):
        assert await decide(low, step) == REFUSED
        assert await decide(high, step) == (200, "a admin")
        assert await decide(low, await asking(service, log, ["member"])) == (200, "a member")
        assert await decide(low, await asking(service, log, None)) == (200, "a member")


async def test_the_step_tells_who_may_decide(service: Service, log: Log) -> None:
    step = await asking(service, log, ["Ada@example.org", "admin"])
    for path in (step, step.replace("/steps/0", "/steps")):
        told = (await service.http.get(path)).json()
        (found,) = told.get("items", [told])
        assert found["approval"]["approvers"] == ["ada@example.org", "admin"]


async def test_a_link_is_made_by_who_may_decide_and_is_good_as_long_as_they_may(
    service: Service, log: Log
) -> None:
    await member(service, "Ann", "admin")  # there has to be one
    cy = await member(service, "Cy", "admin")
    step = await asking(service, log, ["admin"])
    async with somebody(service.url, await made(service, "member")) as low:
        assert code_of(await low.post(f"{step}/link")) == REFUSED
    async with (
        browser_of(service.url, cy, "default") as maker,
        httpx2.AsyncClient(base_url=service.url) as stranger,
    ):
        secret = secret_of((await maker.post(f"{step}/link")).json())
        assert (await asks(stranger, secret)).status_code == 200
        body = {"role": "member"}
        changed = await service.http.put(f"{WORKSPACES}/default/members/{cy.id}", json=body)
        assert changed.status_code == 200, changed.text
        # What Postgres said of the session is believed for a second.
        await eventually(partial(is_refused, stranger, secret))
        assert code_of(await decides(stranger, secret)) == REFUSED
    assert await decide(service.http, step) == (200, "settings")


async def test_a_link_of_who_only_reads_by_now_decides_nothing(service: Service, log: Log) -> None:
    await member(service, "Ann", "admin")
    cy = await member(service, "Cy", "member")
    step = await asking(service, log, None)
    async with (
        browser_of(service.url, cy, "default") as maker,
        httpx2.AsyncClient(base_url=service.url) as stranger,
    ):
        secret = secret_of((await maker.post(f"{step}/link")).json())
        assert (await asks(stranger, secret)).status_code == 200
        body = {"role": "viewer"}
        changed = await service.http.put(f"{WORKSPACES}/default/members/{cy.id}", json=body)
        assert changed.status_code == 200, changed.text

        async def is_over() -> bool:
            answer = await asks(stranger, secret)
            return answer.status_code == 410 and answer.json()["code"] == "link_expired"

        await eventually(is_over)
        decided = await decides(stranger, secret)
        assert "is a viewer by now" in decided.json()["detail"]
    assert await decide(service.http, step) == (200, "settings")


async def is_refused(stranger: httpx2.AsyncClient, secret: str) -> bool:
    answer = await asks(stranger, secret)
    return (answer.status_code, answer.json().get("code")) == REFUSED
