"""Many runs by one request: each accepted or refused by itself, and safe to send again."""

from __future__ import annotations

from typing import Any

import pytest

from services.api.runs.batch import MOST_RUNS
from shared.log import Log
from tests.integration.api.story import FLOW, Service

BATCH = "/api/v1/runs/batch"
NOBODYS = "01951f6e-7a10-7000-8000-00000000dead"


async def answered(service: Service, *entries: dict[str, Any]) -> dict[str, Any]:
    answer = await service.http.post(BATCH, json={"runs": entries})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_each_entry_is_told_what_became_of_it(service: Service, log: Log) -> None:
    body = {"name": "Drafts", "flow": FLOW}
    pipeline = (await service.http.post("/api/v1/pipelines", json=body)).json()["id"]
    told = await answered(
        service,
        {"flow": FLOW, "input": "one"},
        {"pipeline_id": NOBODYS, "input": "two"},
        {"pipeline_id": pipeline, "input": "three", "tags": ["x"]},
        {"pipeline_id": pipeline, "input": "four", "flow": FLOW},
        {"pipeline_id": NOBODYS},
        {"flow": {"nodes": [], "edges": []}},
    )
    assert (told["accepted"], told["refused"]) == (2, 4)
    codes = [item["problem"] and item["problem"]["code"] for item in told["items"]]
    assert codes == [None, "not_found", None, "invalid_request", "not_found", "invalid_flow"]
    for place, text in ((0, "one"), (2, "three")):
        run = told["items"][place]["run_id"]
        assert (await log.history("default", run)).entries
        shown = (await service.http.get(f"/api/v1/runs/{run}")).json()
        assert (shown["input"], shown["pipeline_id"]) == (text, pipeline if place else None)
        assert run in told["items"][place]["events_url"]
    assert told["items"][1]["run_id"] is None


async def test_a_batch_that_is_sent_again_starts_nothing_twice(service: Service) -> None:
    entries = [{"flow": FLOW, "input": str(n), "idempotency_key": f"row-{n}"} for n in range(3)]
    first = await answered(service, *entries)
    again = await answered(service, *entries, {**entries[0], "input": "another"})
    ids = [item["run_id"] for item in first["items"]]
    assert [item["run_id"] for item in again["items"][:3]] == ids
    assert [item["replayed"] for item in first["items"]] == [False] * 3
    assert [item["replayed"] for item in again["items"][:3]] == [True] * 3
    assert again["items"][3]["problem"]["code"] == "idempotency_key_reused"


async def test_each_entry_runs_the_version_that_its_alias_names(service: Service) -> None:
    body = {"name": "Drafts", "flow": FLOW}
    older = (await service.http.post("/api/v1/pipelines", json=body)).json()
    where = f"/api/v1/pipelines/{older['id']}"
    assert (await service.http.put(f"{where}/aliases/prod", json={"version": "1"})).is_success
    other = {**FLOW, "nodes": [{"id": "n", "type": "template", "data": {"template": "now"}}]}
    newer = (await service.http.put(where, json={**body, "flow": {**other, "edges": []}})).json()
    told = await answered(
        service,
        {"pipeline_id": older["id"]},
        {"pipeline_id": older["id"], "alias": "prod"},
        {"pipeline_id": older["id"], "alias": "never"},
    )
    assert [item["problem"] is None for item in told["items"]] == [True, True, False]
    runs = [item["run_id"] for item in told["items"][:2]]
    ran = [(await service.http.get(f"/api/v1/runs/{run}")).json() for run in runs]
    assert [run["pipeline_version"] for run in ran] == [newer["version"], older["version"]]


async def test_a_key_that_is_named_twice_in_a_batch_makes_one_run(service: Service) -> None:
    entry = {"flow": FLOW, "idempotency_key": "twice"}
    told = await answered(service, entry, entry)
    assert len({item["run_id"] for item in told["items"]}) == 1
    assert sorted(item["replayed"] for item in told["items"]) == [False, True]


async def test_a_thousand_runs_are_one_request(service: Service) -> None:
    told = await answered(service, *({"flow": FLOW, "input": str(n)} for n in range(MOST_RUNS)))
    assert told["accepted"] == MOST_RUNS
    assert len({item["run_id"] for item in told["items"]}) == MOST_RUNS


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"runs": []}, ".runs"),
        ({"runs": [{"input": "x"}] * (MOST_RUNS + 1)}, ".runs"),
        ({"runs": [{"flow": FLOW}, {"flow": FLOW, "inputs": "x"}]}, ".runs[1].inputs"),
        ({"runs": [{"flow": FLOW, "idempotency_key": ""}]}, ".runs[0].idempotency_key"),
        ({}, ".runs"),
    ],
)
async def test_a_body_that_does_not_fit_is_refused_whole(
    service: Service, body: dict[str, Any], path: str
) -> None:
    answer = await service.http.post(BATCH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert path in [problem["path"] for problem in answer.json()["problems"]]
