"""Many runs stopped or run again from the terminal: what is asked for, and how far it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.api.jobs.models import JobShape
from tests.unit.cli.command import penstock
from tests.unit.cli.script import RUN, Script
from tests.unit.client.scripted_penstock import answer

JOB: Any = JobShape.EXAMPLE
DONE = {**JOB, "status": "done", "done": 988, "finished_at": "2030-01-01T00:00:00Z"}
JOBS, ID = "/api/v1/jobs", JOB["id"]
TOLD = "done: 988 of 1,000 run again, 10 left out, 2 failed (no_provider_key 2, retried_before 10)"


async def test_runs_that_failed_are_run_again_by_a_filter_and_followed(script: Script) -> None:
    script.stack.on("POST", "/api/v1/runs/retry", answer(JOB, 202))
    script.stack.on("GET", f"{JOBS}/{ID}", answer(DONE))
    options = ("--status", "failed", "--tag", "prod", "--metadata", "a=1", "--by", "ci")
    ended = await penstock("retry", "--all", *options, directory=script.directory)
    assert (ended.code, ended.out) == (1, f"{ID}\n")
    assert ended.err.splitlines()[-1] == TOLD
    (request,) = script.stack.asked("/api/v1/runs/retry")
    assert request.json() == {
        "filter": {
            "status": ["failed"], "tags": ["prod"], "metadata": {"a": 1}, "requested_by": "ci"
        }
    }  # fmt: skip


async def test_many_runs_are_stopped_without_staying(script: Script) -> None:
    script.stack.on("POST", "/api/v1/runs/cancel", answer({**JOB, "kind": "cancel"}, 202))
    ended = await penstock("cancel", "--all", "--no-wait", directory=script.directory)
    assert (ended.code, ended.out) == (0, f"{ID}\n")
    assert f"jobs show {ID}" in ended.err
    (request,) = script.stack.asked("/api/v1/runs/cancel")
    assert request.json() == {"filter": {}}


@pytest.mark.parametrize("command", ["retry", "cancel"])
async def test_one_run_is_not_meant_with_many(script: Script, command: str) -> None:
    for given, why in (
        ((RUN, "--all"), "expected one run or --all, came both"),
        ((RUN, "--tag", "prod"), "--tag: for many runs; say --all"),
        (("--last", "--since", "3d"), "--since: for many runs; say --all"),
    ):
        ended = await penstock(command, *given, directory=script.directory)
        assert (ended.code, why in ended.err) == (2, True), ended.err
    assert not script.stack.requests


async def test_jobs_are_listed_and_shown_by_the_beginning_of_their_ids(script: Script) -> None:
    waits = {**JOB, "waiting_for": "run_rate_limit: expected fewer"}
    script.stack.on("GET", JOBS, answer({"items": [waits], "next_cursor": None}))
    ended = await penstock("jobs", directory=script.directory)
    header, row = ended.out.splitlines()
    assert header.split() == ["job", "kind", "status", "progress", "age"]
    assert row.split()[:4] == [ID[:13], "retry", "\u25cf", "running"]
    assert "400 of 1,000" in row
    assert "waits: run_rate_limit" in row
    ended = await penstock("jobs", "--json", directory=script.directory)
    assert json.loads(ended.out)["id"] == ID
    ended = await penstock("jobs", "show", ID[:9], directory=script.directory)
    assert ended.out.startswith("running: 400 of 1,000 run again")
    ended = await penstock("jobs", "show", "77", directory=script.directory)
    assert (ended.code, "No job here" in ended.err) == (2, True)


async def test_a_job_is_cancelled(script: Script) -> None:
    script.stack.on("GET", f"{JOBS}/{ID}", answer(JOB))
    script.stack.on("POST", f"{JOBS}/{ID}/cancel", answer({**DONE, "status": "cancelled"}))
    ended = await penstock("jobs", "cancel", ID, directory=script.directory)
    assert (ended.code, ended.out) == (0, f"{ID} cancelled\n"), ended.err
    assert ended.err.startswith("988 of 1,000 run again")
