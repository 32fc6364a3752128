"""The outline of a run over HTTP: every step by name, before any has begun."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tests.integration.api.story import Service

BRANCHES: dict[str, Any] = {
    "nodes": [
        {"id": "in", "type": "input", "data": {"label": "Question"}},
        {
            "id": "long?",
            "type": "condition",
            "data": {"branches": [{"handle": "yes", "expression": "1 < 2"}]},
        },
        {"id": "cut", "type": "template", "data": {"template": "{{input}}", "label": "Cut it"}},
        {"id": "all", "type": "merge", "data": {}},
    ],
    "edges": [
        {"source": "in", "target": "long?"},
        {"source": "long?", "sourceHandle": "yes", "target": "cut"},
        {"source": "long?", "sourceHandle": "else", "target": "all"},
        {"source": "cut", "target": "all"},
    ],
}


async def test_it_has_the_names_and_the_order_of_all_steps(service: Service) -> None:
    pipeline = await service.pipeline(BRANCHES, name="Shorten")
    answer = await service.http.post("/api/v1/runs", json={"pipeline_id": pipeline, "input": "x"})
    told = (await service.http.get(f"/api/v1/runs/{answer.json()['run_id']}/outline")).json()
    assert (told["pipeline_name"], told["results"]) == ("Shorten", [3])
    assert [(each["node"], each["kind"], each["label"]) for each in told["steps"]] == [
        ("in", "input", "Question"),
        ("long?", "condition", None),
        ("cut", "template", "Cut it"),
        ("all", "merge", None),
    ]
    assert [each["after"] for each in told["steps"]] == [
        [],
        [{"step": 0, "branch": None}],
        [{"step": 1, "branch": "yes"}],
        [{"step": 1, "branch": "else"}, {"step": 2, "branch": None}],
    ]


async def test_a_ticket_reads_the_outline_of_its_run_and_of_no_other(service: Service) -> None:
    answer = await service.http.post("/api/v1/runs", json={"flow": BRANCHES, "input": "x"})
    run, ticket = answer.json()["run_id"], urlsplit(answer.json()["events_url"]).query
    other = await service.run()
    del service.http.headers["authorization"]
    assert (await service.http.get(f"/api/v1/runs/{run}/outline?{ticket}")).status_code == 200
    assert (await service.http.get(f"/api/v1/runs/{other}/outline?{ticket}")).status_code == 401
    assert (await service.http.get(f"/api/v1/runs/{run}/outline")).status_code == 401
