"""What an admin sees and stops, and what others are told."""

import httpx2
import pytest

from services.api.admin.models import AllRunPage, System
from services.api.calls import CALLS
from services.api.http.problems import Forbidden
from services.api.identity.doorkeeper import require
from services.api.identity.identity import Identity
from shared.log import Log
from shared.run import facts as f
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.story import Service, Story

OTHERS = {"workspace": "acme", "run": "019e0000-0000-7000-8000-00000000000a", "partition": 1}
SYSTEM = "/api/v1/admin/system"


async def test_runs_of_all_workspaces_are_listed_page_by_page(projected: Service, log: Log) -> None:
    await log.append(f.RunRequested(**OTHERS, flow="0" * 64))
    mine = [await projected.run() for _ in range(3)]

    async def found() -> dict[str, str] | None:
        page = AllRunPage.model_validate_json(
            (await projected.http.get("/api/v1/admin/runs")).content
        )
        runs = {str(run.run_id): run.workspace for run in page.items}
        return runs if len(runs) == 4 else None

    expected = dict.fromkeys(mine, "default") | {str(OTHERS["run"]): "acme"}
    assert await eventually(found) == expected
    theirs = (await projected.http.get("/api/v1/admin/runs?workspace=acme")).json()
    assert [run["run_id"] for run in theirs["items"]] == [OTHERS["run"]]
    first = (await projected.http.get("/api/v1/admin/runs?limit=3")).json()
    rest = f"/api/v1/admin/runs?limit=3&cursor={first['next_cursor']}"
    last = (await projected.http.get(rest)).json()
    assert [len(page["items"]) for page in (first, last)] == [3, 1]


async def test_a_run_of_whatever_workspace_is_cancelled(service: Service, log: Log) -> None:
    await log.append(f.RunRequested(**OTHERS, flow="0" * 64))
    path = f"/api/v1/admin/runs/{OTHERS['run']}/cancel"
    answer = await service.http.post(path)
    assert (answer.status_code, answer.json()["status"]) == (202, "cancelling")
    rests = [entry.rest for entry in await log.read_on("acme", str(OTHERS["run"]), after=0)]
    assert rests == ["requested", "cancel"]
    await log.append(f.RunCancelled(**OTHERS))
    assert (await service.http.post(path)).status_code == 409
    unknown = "/api/v1/admin/runs/019e0000-0000-7000-8000-00000000000b/cancel"
    assert (await service.http.post(unknown)).status_code == 404


async def test_the_system_tells_what_waits_who_works_and_how_far_it_is_copied(
    service: Service, log: Log
) -> None:
    run = await service.run()
    await Story(log, run).begin()
    async with (
        log.announced("agent-worker", "w-1", lambda: b'{"pools":{"local":{"slots":16,"used":2}}}'),
        log.presence("scheduler", "s-1", lambda: b'{"partitions":[0,1]}'),
        log.announced("agent-worker", "old", lambda: b"here"),
    ):

        async def seen() -> System | None:
            answer = await service.http.get(SYSTEM)
            system = System.model_validate_json(answer.content)
            return system if len(system.workers) == 2 and system.partitions[0].owner else None

        system = await eventually(seen)
    queue = next(each for each in system.queues if each.pool == "local")
    assert (queue.waiting, queue.in_progress) == (1, 0)
    assert queue.oldest_seconds is not None
    assert system.workers[1].pools["local"].used == 2
    assert [each.owner for each in system.partitions] == ["s-1", "s-1"]
    assert sum(each.waiting for each in system.partitions) == 1
    assert system.projector.behind_facts == 3
    assert system.log.last_sequence == 3
    assert system.versions["nats"].startswith("2.")
    assert system.versions.keys() >= {"penstock", "nats", "postgres", "schema"}


async def test_admin_calls_want_a_token_and_the_role(service: Service) -> None:
    routes = [each for each in CALLS if each.path.startswith("/api/v1/admin/")]
    assert len(routes) == 7
    async with httpx2.AsyncClient(
        base_url=service.url, trust_env=False, timeout=PATIENCE_SECONDS
    ) as anybody:
        for route in routes:
            assert route.access == "instance"
            path = route.path.replace("{run_id}", str(OTHERS["run"]))
            assert (await anybody.request(route.method, path)).status_code == 401
    with pytest.raises(Forbidden):
        require(Identity("default", "somebody", "admin"), "instance")


@pytest.mark.parametrize("path", ["/api/v1/admin/runs", "/admin/executions"])
async def test_a_look_at_runs_of_others_is_in_their_audit(
    projected: Service, log: Log, path: str
) -> None:
    made = {"slug": "acme", "name": "Acme"}
    assert (await projected.http.post("/api/v1/workspaces", json=made)).status_code == 201
    await projected.run()
    await log.append(f.RunRequested(**OTHERS, flow="0" * 64))

    async def told() -> list[tuple[str, str, object]]:
        await projected.http.get(path)
        audit = (await projected.http.get("/api/v1/audit?everywhere=true")).json()["items"]
        looks = [each for each in audit if each["action"] == "runs.seen"]
        return [(each["workspace"], each["subject"], each["details"]) for each in looks]

    seen = await eventually(told)
    assert set(map(str, seen)) == {str(("acme", "acme", {"path": path}))}
