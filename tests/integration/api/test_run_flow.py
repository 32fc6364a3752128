"""The flow of a run over HTTP: what it runs, with where its nodes were drawn."""

from __future__ import annotations

from typing import Any

from tests.integration.api.story import Service

DRAWN: dict[str, Any] = {
    "nodes": [
        {"id": "in", "type": "input", "position": {"x": 10, "y": -20.5}, "data": {}},
        {"id": "poet", "type": "agent", "data": {"instructions": "Write."}, "style": {}},
        {"id": "about", "type": "note", "position": {"x": 0, "y": 90}, "data": {"text": "A note"}},
    ],
    "edges": [{"source": "in", "target": "poet"}],
}  # fmt: skip


async def test_it_tells_what_runs_with_its_defaults_and_where_it_was_drawn(
    service: Service,
) -> None:
    pipeline = await service.pipeline(DRAWN, name="Drawn")
    run = await _run(service, {"pipeline_id": pipeline, "input": "x"})
    told = await _flow(service, run)
    nodes = {node["id"]: node for node in told["drawing"]["nodes"]}
    assert nodes["in"]["position"] == {"x": 10, "y": -20.5}
    assert nodes["about"]["position"] == {"x": 0, "y": 90}
    assert nodes["poet"]["data"]["instructions"] == "Write."
    assert nodes["poet"]["data"]["model"]
    assert "position" not in nodes["poet"]
    assert "style" not in nodes["poet"]
    outline = (await service.http.get(f"/api/v1/runs/{run}/outline")).json()
    assert (told["flow"], told["pipeline_id"]) == (outline["flow"], pipeline)
    assert told["drawing"]["edges"][0]["target"] == "poet"


async def test_it_outlives_its_pipeline_and_only_where_it_was_drawn_is_lost(
    service: Service,
) -> None:
    pipeline = await service.pipeline(DRAWN)
    run = await _run(service, {"pipeline_id": pipeline, "input": "x"})
    answer = await service.http.delete(f"/api/v1/pipelines/{pipeline}")
    assert answer.status_code == 204
    told = await _flow(service, run)
    assert [node["id"] for node in told["drawing"]["nodes"]] == ["in", "poet", "about"]
    assert not any("position" in node for node in told["drawing"]["nodes"])


async def test_it_stands_where_its_pipeline_is_drawn_now_and_what_is_gone_where_it_was(
    service: Service,
) -> None:
    pipeline = await service.pipeline(DRAWN)
    run = await _run(service, {"pipeline_id": pipeline, "input": "x"})
    moved = [node | {"position": {"x": 7, "y": 7}} for node in DRAWN["nodes"]]
    await _draw(service, pipeline, {**DRAWN, "nodes": moved})
    assert await _places(service, run) == {"in": 7, "poet": 7, "about": 7}
    await _draw(service, pipeline, {"nodes": moved[1:], "edges": []})
    assert await _places(service, run) == {"in": 10, "poet": 7, "about": 7}


async def test_what_stands_in_a_group_that_did_not_run_is_told_from_outside_of_it(
    service: Service,
) -> None:
    room = {"id": "room", "type": "group", "position": {"x": 100, "y": 0}, "data": {}}
    nodes = [node | {"position": {"x": 5, "y": 5}} for node in DRAWN["nodes"]]
    pipeline = await service.pipeline({**DRAWN, "nodes": [room, *nodes]})
    run = await _run(service, {"pipeline_id": pipeline, "input": "x"})
    later = room | {"id": "later", "position": {"x": 30, "y": 0}, "parentId": "room"}
    far = room | {"id": "far", "position": {"x": "far", "y": 0}}
    inside = zip(nodes, ("later", "far", "nowhere"), strict=True)
    drawn = [room, later, far, *(node | {"parentId": parent} for node, parent in inside)]
    await _draw(service, pipeline, {**DRAWN, "nodes": drawn})
    assert await _places(service, run) == {"room": 100, "in": 35, "poet": 5, "about": 5}
    told = {node["id"]: node for node in (await _flow(service, run))["drawing"]["nodes"]}
    assert told["in"]["parentId"] == "room"
    assert "parentId" not in told["poet"]


async def test_a_run_of_a_flow_given_with_it_tells_that(service: Service) -> None:
    run = await _run(service, {"flow": DRAWN, "input": "x"})
    told = await _flow(service, run)
    assert told["pipeline_id"] is None
    assert len(told["drawing"]["nodes"]) == 3


async def test_a_run_that_is_not_there_has_none(service: Service) -> None:
    path = "/api/v1/runs/01a203aa-0000-7000-8000-000000000000/flow"
    answer = await service.http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def _draw(service: Service, pipeline: str, flow: dict[str, Any]) -> None:
    path = f"/api/v1/pipelines/{pipeline}"
    tag = (await service.http.get(path)).headers["etag"]
    body = {"name": "Drawn", "flow": flow}
    answer = await service.http.put(path, json=body, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text


async def _places(service: Service, run: str) -> dict[str, float]:
    nodes = (await _flow(service, run))["drawing"]["nodes"]
    return {node["id"]: node["position"]["x"] for node in nodes}


async def _run(service: Service, body: dict[str, Any]) -> str:
    answer = await service.http.post("/api/v1/runs", json=body)
    assert answer.status_code == 202, answer.text
    run: str = answer.json()["run_id"]
    return run


async def _flow(service: Service, run: str) -> dict[str, Any]:
    answer = await service.http.get(f"/api/v1/runs/{run}/flow")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told
