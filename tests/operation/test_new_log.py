"""NATS has lost everything: the documented recovery, and what users read before and after it."""

import shutil
from pathlib import Path

import httpx2

from tests.answers import answers
from tests.eventually import eventually
from tests.installation import TEMPLATES, Installation
from tests.servers import own_folder
from tests.stack import RunningStack
from tests.unit.cli.command import penstock


async def test_every_finished_run_is_read_as_before_after_nats_lost_everything() -> None:
    with own_folder() as folder:
        data = folder / ".penstock"
        stack = RunningStack(data, 1, {})
        async with stack.http() as http:
            installation = Installation(http)
            await installation.fill()
            await installation.begin()
            before = await answers(http, installation.over)
            lost = tuple(installation.in_flight.values())
            await eventually(lambda: are_copied(http, lost))
        stack.stop()
        shutil.rmtree(data / "nats")
        refused = await penstock("up", "--port", "0", "--simulated", directory=folder)
        assert refused.code == 1
        assert "penstock rebuild --new-log" in refused.out
        done = await penstock("rebuild", "--new-log", directory=folder)
        assert (done.code, done.err) == (0, "")
        assert f"{len(lost)} runs had not ended" in done.out
        stack = RunningStack(data, 1, {})
        try:
            async with stack.http() as http:
                assert await answers(http, installation.over) == before
                for run in lost:
                    told = (await http.get(f"runs/{run}")).json()
                    assert (told["status"], told["error"]["code"]) == ("failed", "log_lost")
                again = await http.post("runs?wait=60", json={"flow": TEMPLATES, "input": "tea"})
                assert again.json()["status"] == "completed"
        finally:
            stack.stop()


async def are_copied(http: httpx2.AsyncClient, runs: tuple[str, ...]) -> bool:
    """Lists, which Postgres answers, have these runs."""
    page = await http.get("runs?limit=200")
    return {run["run_id"] for run in page.json()["items"]}.issuperset(runs)


async def test_a_stack_at_work_is_asked_about_and_found_by_its_file(tmp_path: Path) -> None:
    with own_folder() as folder:
        stack = RunningStack(folder / "data", 1, {})
        try:
            named = {"PENSTOCK_STACK": str(folder / "data" / "stack.json")}
            refused = await penstock("rebuild", directory=tmp_path, environ=named)
            assert refused.code == 2
            assert "services are at work on this Penstock" in refused.err
            assert "--yes" in refused.err
            done = await penstock("rebuild", "--yes", directory=tmp_path, environ=named)
            assert (done.code, done.err) == (0, "")
            migrated = await penstock("migrate", directory=tmp_path, environ=named)
            assert (migrated.code, migrated.err) == (0, "")
            assert "log: 1 partitions; created nothing new" in migrated.out
        finally:
            stack.stop()


async def test_a_stack_that_was_named_and_does_not_run_is_not_passed_over(tmp_path: Path) -> None:
    named = {"PENSTOCK_STACK": str(tmp_path / "stack.json")}
    for command in ("rebuild", "migrate"):
        ended = await penstock(command, directory=tmp_path, environ=named)
        assert ended.code == 4
        assert f"there is no {tmp_path / 'stack.json'}" in ended.err
