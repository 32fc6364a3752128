"""`GET /runs?waiting_for_me=true`: the runs with a question that who asks may decide."""

from __future__ import annotations

import httpx2

from shared.log import Log
from tests.eventually import eventually
from tests.integration.api.people import logged_in as browser_of
from tests.integration.api.people import made, member, somebody
from tests.integration.api.story import Service, Story


async def asking(service: Service, log: Log, *approvers: str) -> str:
    """A run that asks; these alone may decide, or everybody."""
    data = {"approvers": list(approvers)} if approvers else {}
    ask = {"id": "final", "type": "approval", "data": data}
    run = await service.run(flow={"nodes": [ask], "edges": []})
    await Story(log, run).begin_run()
    await Story(log, run).ask(0, "final")
    return run


async def mine(who: httpx2.AsyncClient, **more: str) -> set[str]:
    answer = await who.get("/api/v1/runs", params={"waiting_for_me": "true", **more})
    assert answer.status_code == 200, answer.text
    return {run["run_id"] for run in answer.json()["items"]}


async def test_each_is_shown_what_they_may_decide_and_no_more(projected: Service, log: Log) -> None:
    ada = await member(projected, "Ada", "member")
    for_all = await asking(projected, log)
    for_admins = await asking(projected, log, "admin")
    by_mail = await asking(projected, log, "Ada@Example.org")
    by_id = await asking(projected, log, ada.id, "admin")
    asks_nobody = await projected.run()
    async with (
        somebody(projected.url, await made(projected, "viewer")) as viewer,
        somebody(projected.url, await made(projected, "member")) as token,
        somebody(projected.url, await made(projected, "admin")) as admin,
        browser_of(projected.url, ada, "default") as named,
    ):

        async def all_shown() -> bool:
            shown = await mine(named) | await mine(admin)
            return shown == {for_all, for_admins, by_mail, by_id}

        await eventually(all_shown)
        assert await mine(viewer) == set()
        assert await mine(token) == {for_all}
        assert await mine(admin) == {for_all, for_admins, by_id}
        assert await mine(named) == {for_all, by_mail, by_id}
        assert await mine(named, status="running,waiting") == {for_all, by_mail, by_id}
        assert await mine(named, status="completed") == set()
        every = await named.get("/api/v1/runs", params={"waiting_for_me": "false"})
        assert asks_nobody in {run["run_id"] for run in every.json()["items"]}
        decided = await named.post(
            f"/api/v1/runs/{by_mail}/steps/0/decision", json={"decision": "approve"}
        )
        assert decided.status_code == 200

        async def is_gone() -> bool:
            return await mine(named) == {for_all, by_id}

        await eventually(is_gone)


async def test_what_is_no_yes_or_no_is_refused(service: Service) -> None:
    answer = await service.http.get("/api/v1/runs", params={"waiting_for_me": "perhaps"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")
