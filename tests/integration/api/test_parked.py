"""Parked runs are listed, explained, released and ended, by services of two versions."""

from __future__ import annotations

from contextlib import AsyncExitStack
from signal import SIGKILL

import pytest

from services.projector.rebuild import rebuild
from services.projector.verification import verify
from shared.log import Log
from shared.log.provision import provision
from shared.run import facts as f
from tests.eventually import eventually
from tests.integration.api.conftest import started
from tests.integration.api.parked_world import PARKED, PARTITIONS, World
from tests.integration.api.story import Service
from tests.servers import NatsServer
from tests.versions import lacking, tell_versions_apart

UNKNOWN = "019e0000-0000-7000-8000-00000000000b"
OUTCOME, NEXT = "step.0.1.finished", "step.1.1.ready.local.shared"


@pytest.fixture(autouse=True)
def _versions(monkeypatch: pytest.MonkeyPatch) -> None:
    tell_versions_apart(monkeypatch)


@pytest.fixture
def world(service: Service, log: Log, nats_url: str, database_url: str) -> World:
    return World(service, log, nats_url, database_url)


async def test_a_run_an_older_scheduler_parked_goes_on_at_a_newer_one_when_it_is_released(
    world: World,
) -> None:
    async with world.projector():
        with lacking("step.completed"):
            older = world.scheduler("older")
            await older.__aenter__()
        run = await world.run_with_outcome()
        listed = await world.parked_by(run, "scheduler")
        (by,) = listed.by
        assert (listed.workspace, by.instance, by.code) == ("default", "older", "unknown_fact")
        assert (by.type, by.version) == ("step.completed", 1)
        facts = (await world.log.history("default", run)).entries
        assert by.sequence == next(e.sequence for e in facts if e.rest == OUTCOME)
        for words in ("scheduler older", str(by.sequence), "`step.completed`", "update the sched"):
            assert words in by.explanation

        told = await world.post(run, "release")
        assert told["status"] == "parked"
        looks = {each["service"]: each for each in told["by"]}
        assert looks["scheduler"]["outcome"] == "parked"
        assert looks["scheduler"]["explanation"] == by.explanation
        assert looks["projector"]["outcome"] == "not_parked"
        assert await world.rests(run, OUTCOME)
        assert not await world.rests(run, NEXT)

        await older.__aexit__(None, None, None)
        async with world.scheduler("newer"):
            told = await world.post(run, "release")
            assert told["status"] == "released"
            assert told["by"][0]["instance"] == "newer"
            assert await world.rests(run, NEXT)
            assert (await world.parked()).items == []
            assert (await world.post(run, "release", 409))["code"] == "run_not_parked"


async def test_a_run_a_projector_parked_is_shown_as_it_is_once_released(world: World) -> None:
    async with world.scheduler("newer"):
        with lacking("step.completed") as lacks:
            older = world.projector()
            await older.__aenter__()
        run = await world.run_with_outcome()
        (by,) = (await world.parked_by(run, "projector")).by
        assert (by.instance, by.type, by.version) == (None, "step.completed", 1)
        assert "lists show the run as it was before" in by.explanation
        told = await world.post(run, "release")
        assert told["status"] == "parked"
        assert await world.rests(run, NEXT)

        lacks.clear()
        told = await world.post(run, "release")
        assert (told["status"], told["by"][1]["outcome"]) == ("released", "released")
        assert (await world.parked()).items == []
        async with world.database() as connection:
            outcome = await connection.fetchval("select outcome from attempts where step = 0")
            assert outcome == "completed"
            await eventually(lambda: _is_quiet(world))
            assert (await verify(connection)).problems == []
        await older.__aexit__(None, None, None)


@pytest.mark.parametrize("services", [("scheduler",), ("projector",), ("projector", "scheduler")])
async def test_an_end_ends_a_run_whoever_parked_it(
    world: World, services: tuple[str, ...], nats_url: str, database_url: str
) -> None:
    async with AsyncExitStack() as stack:
        with lacking(*(("step.completed",) if "scheduler" in services else ())):
            await stack.enter_async_context(world.scheduler("a"))
        with lacking(*(("step.completed",) if "projector" in services else ())):
            await stack.enter_async_context(world.projector())
        run = await world.run_with_outcome()
        await world.parked_by(run, *services)
        told = await world.post(run, "end", reason="a trial")
        assert (told["status"], told["code"]) == ("failed", "ended_by_person")
        assert told["message"] == "A person ended the run while it was parked: a trial"
        audit = (await world.service.http.get("/api/v1/audit")).json()["items"]
        assert ("run.end_asked", run) in [(each["action"], each["subject"]) for each in audit]

        await eventually(lambda: _is_quiet(world))
        assert (await world.read(run))["status"] == "failed"
        assert (await world.read(run))["error"]["code"] == "ended_by_person"
        listed = (await world.service.http.get("/api/v1/runs")).json()["items"]
        assert [(each["run_id"], each["status"]) for each in listed] == [(run, "failed")]
        assert (await world.rests(run))[-1] == "finished"
        assert (await world.post(run, "end", 409))["code"] in ("run_not_parked", "run_finished")

        late = f.StepCancelled(**world.ids(run), step=1, node="final", attempt=1)
        await world.log.append(late)
        await eventually(lambda: _is_quiet(world))
        async with world.database() as connection:
            assert await connection.fetchval("select count(*) from parked_runs") == 0
            assert await connection.fetchval("select count(*) from lingering_runs") == 1
            assert (await verify(connection)).problems == []
    with lacking("step.completed"):
        await rebuild(database_url, nats_url)
    async with world.database() as connection:
        assert await connection.fetchval("select count(*) from parked_runs") == 0
        assert await connection.fetchval("select status::text from runs") == "failed"
        assert (await verify(connection)).problems == []


async def test_a_run_with_a_fact_that_nobody_knows_is_ended_and_read(world: World) -> None:
    async with world.scheduler("a"), world.projector():
        run = await world.service.run()
        await eventually(lambda: world.rests(run, "step.0.1.ready.local.shared"))
        await world.foreign(run)
        by = (await world.parked_by(run, "projector", "scheduler")).by
        assert {(each.type, each.version) for each in by} == {("run.paused", 7)}
        assert len({each.sequence for each in by}) == 1
        assert (await world.post(run, "release"))["status"] == "parked"
        await world.post(run, "end")
        await eventually(lambda: _is_quiet(world))
        read = await world.read(run)
        assert (read["status"], read["error"]["code"]) == ("failed", "ended_by_person")
        assert read["steps"][0]["status"] == "cancelled"
        assert (await world.parked()).items == []


async def test_runs_that_are_not_parked_are_refused(world: World) -> None:
    async with world.scheduler("a"), world.projector():
        run = await world.service.run()
        await eventually(lambda: world.rests(run, "step.0.1.ready.local.shared"))
        for what in ("release", "end"):
            assert (await world.post(UNKNOWN, what, 404))["code"] == "not_found"
            refused = await world.post(run, what, 409)
            assert refused["code"] == "run_not_parked"
            assert "cancel" in refused["detail"]


async def test_without_a_scheduler_nobody_knows_whether_a_run_is_parked(world: World) -> None:
    run = await world.service.run()
    listed = await world.parked()
    assert (listed.items, listed.silent_partitions) == ([], list(range(PARTITIONS)))
    for what in ("release", "end"):
        refused = await world.post(run, what, 503)
        assert "expected a scheduler to answer" in refused["detail"]
    async with world.scheduler("a"):

        async def heard() -> bool:
            return (await world.parked()).silent_partitions == []

        await eventually(heard)


async def test_without_the_log_parked_runs_are_unavailable(
    own_nats_server: NatsServer, database_url: str
) -> None:
    await provision(own_nats_server.url, partitions=PARTITIONS, pools=("default", "local"))
    async with started(own_nats_server.url, database_url) as service:
        own_nats_server.stop(SIGKILL)
        assert (await service.http.get(PARKED)).status_code == 503
        for what in ("release", "end"):
            answer = await service.http.post(f"{PARKED}/{UNKNOWN}/{what}")
            assert (answer.status_code, answer.json()["code"]) == (503, "log_unavailable")
        own_nats_server.start()


async def _is_quiet(world: World) -> bool:
    """All that the log has is copied, and nothing is parked."""
    answer = (await world.service.http.get("/api/v1/admin/system")).json()
    return answer["projector"]["behind_facts"] == 0 and (await world.parked()).items == []
