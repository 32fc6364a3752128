"""Forks over HTTP, as facts alone make them: what is read of them, and by whom."""

from __future__ import annotations

from typing import Any

import pytest

from shared.log import Log
from shared.log.subjects import partition_of
from shared.run import facts as f
from shared.run.content import Blob, Cause, ResultRef
from tests.eventually import eventually
from tests.integration.api.story import Service, Story

FORK = "019e0000-0000-7000-8000-00000000000c"
ITS: dict[str, Any] = {"workspace": "default", "run": FORK, "partition": partition_of(FORK, 2)}
OTHERS = {**ITS, "workspace": "acme"}
NOWHERE = Blob(blob="ab" * 32, size_bytes=3)
"""A body that no store has."""


async def test_what_needs_no_text_of_a_fork_fetches_none(service: Service, log: Log) -> None:
    await request_fork(service, log, ITS)
    for step, node in enumerate(("draft", "final")):
        at: dict[str, Any] = {**ITS, "step": step, "node": node, "attempt": 1}
        await log.append(f.StepCompleted(**at, output=NOWHERE, size_bytes=3, kept=True))
    last = ResultRef(step=1, node="final", attempt=1, output_sha256="", size_bytes=3)
    await log.append(f.RunCompleted(**ITS, result=(last,)))
    run = f"/api/v1/runs/{FORK}"
    plan = await service.http.post(f"{run}/fork?dry_run=true", json={"from_steps": ["final"]})
    assert (plan.status_code, plan.json().get("kept")) == (200, [{"step": 0, "node": "draft"}])
    assert (await service.http.get(f"{run}/usage")).status_code == 200
    assert (await service.http.get(run)).status_code == 404


async def test_the_results_in_an_outline_are_those_of_the_steps_it_ends_with(
    service: Service, log: Log
) -> None:
    parent = await request_fork(service, log, ITS, until_steps=(0,))
    results = [
        (await service.http.get(f"/api/v1/runs/{run}/outline")).json()["results"]
        for run in (parent, FORK)
    ]
    assert results == [[1], [0]]


@pytest.mark.parametrize(
    ("method", "call"),
    [("POST", "fork"), ("POST", "fork?dry_run=true"), ("POST", "retry"), ("GET", "forks")],
)
async def test_a_run_of_another_workspace_is_not_there_to_be_forked(
    service: Service, log: Log, method: str, call: str
) -> None:
    await request_fork(service, log, OTHERS)
    await log.append(f.RunFailed(**OTHERS, error=Cause(code="c", message="m")))
    body = {"from_steps": [0]} if call.startswith("fork") and method == "POST" else None
    answer = await service.http.request(method, f"/api/v1/runs/{FORK}/{call}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_fork_of_another_workspace_is_not_among_those_of_a_run(
    projected: Service, log: Log
) -> None:
    parent = await request_fork(projected, log, OTHERS)
    await eventually(lambda: is_listed(projected))
    forks = await projected.http.get(f"/api/v1/runs/{parent}/forks")
    assert (forks.status_code, forks.json()["items"]) == (200, [])


async def is_listed(service: Service) -> bool:
    """Whether Postgres has the fork of the other workspace."""
    found = (await service.http.get("/api/v1/admin/runs?workspace=acme")).json()["items"]
    return [each["run_id"] for each in found] == [FORK]


async def request_fork(service: Service, log: Log, its: dict[str, Any], **more: Any) -> str:
    """Record that a fork of a run that is over was asked for; the run's id."""
    parent = await service.run()
    await Story(log, parent).whole()
    flow = (await service.http.get(f"/api/v1/runs/{parent}")).json()["flow"]
    asked = {"version": f.FORKED, "forked_from": parent, "kept": NOWHERE, "flow": flow, **more}
    await log.append(f.RunRequested(**its, **asked))
    return parent
