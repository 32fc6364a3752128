"""Agents and pipelines over HTTP."""

import asyncio

from tests.integration.api.story import FLOW, Service

AGENT = {"name": "Writer", "instructions": "Write about {{topic}}.", "model": "claude-haiku-5-5"}
NOBODY = "0192f5d0-0000-7000-8000-000000000000"


async def test_an_agent_is_kept_replaced_listed_and_deleted(service: Service) -> None:
    made = await service.http.post("/api/v1/agents", json=AGENT)
    assert made.status_code == 201
    where = made.headers["location"]
    assert (await service.http.get(where)).json() == made.json()
    changed = await service.http.put(where, json=AGENT | {"name": "Poet"})
    assert changed.json()["name"] == "Poet"
    items = (await service.http.get("/api/v1/agents")).json()["items"]
    assert [each["name"] for each in items] == ["Poet"]
    assert (await service.http.delete(where)).status_code == 204
    assert (await service.http.get(where)).status_code == 404


async def test_a_save_over_a_newer_version_is_refused(service: Service) -> None:
    made = await service.http.post("/api/v1/pipelines", json={"name": "p", "flow": FLOW})
    where, tag = made.headers["location"], made.headers["etag"]
    save = {"name": "q", "flow": FLOW}
    first = await service.http.put(where, json=save, headers={"If-Match": tag})
    assert first.status_code == 200
    second = await service.http.put(where, json=save, headers={"If-Match": tag})
    assert (second.status_code, second.json()["code"]) == (412, "precondition_failed")
    assert (await service.http.put(where, json=save)).status_code == 200


async def test_a_draft_with_problems_is_kept_and_not_run(service: Service) -> None:
    flow = {"nodes": [{"id": "a", "type": "agent", "data": {"agent_id": NOBODY}}], "edges": []}
    made = await service.http.post("/api/v1/pipelines", json={"name": "p", "flow": flow})
    assert made.status_code == 201
    assert [each["code"] for each in made.json()["problems"]] == ["missing_agent"]
    run = await service.http.post("/api/v1/runs", json={"pipeline_id": made.json()["id"]})
    assert (run.status_code, run.json()["code"]) == (422, "invalid_flow")


async def test_a_run_uses_the_pipeline_and_the_agent_as_they_are_now(service: Service) -> None:
    agent = (await service.http.post("/api/v1/agents", json=AGENT)).json()
    flow = {"nodes": [{"id": "a", "type": "agent", "data": {"agent_id": agent["id"]}}], "edges": []}
    pipeline = (
        await service.http.post("/api/v1/pipelines", json={"name": "p", "flow": flow})
    ).json()
    body = {"pipeline_id": pipeline["id"], "variables": {"topic": "tea"}}
    flows = []
    for instructions in (None, None, "Write less about {{topic}}."):
        if instructions:
            changed = AGENT | {"instructions": instructions}
            await service.http.put(f"/api/v1/agents/{agent['id']}", json=changed)
        run = (await service.http.post("/api/v1/runs", json=body)).json()
        read = (await service.http.get(f"/api/v1/runs/{run['run_id']}")).json()
        assert read["pipeline_version"] == pipeline["version"]
        flows.append(read["flow"])
    assert flows[0] == flows[1] != flows[2]


async def test_lists_come_in_pages_without_gap_or_repetition(service: Service) -> None:
    for number in range(5):
        await service.http.post("/api/v1/pipelines", json={"name": f"p{number}", "flow": FLOW})
    names: list[str] = []
    query = "limit=2"
    while True:
        page = (await service.http.get(f"/api/v1/pipelines?{query}")).json()
        names += [each["name"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        query = f"limit=2&cursor={page['next_cursor']}"
    assert names == ["p4", "p3", "p2", "p1", "p0"]


async def test_a_thousand_pipelines_may_have_one_name(service: Service) -> None:
    made: set[str] = set()
    for _ in range(20):
        made.update(await asyncio.gather(*(service.pipeline(name="again") for _ in range(50))))
    listed: list[str] = []
    query = "limit=100"
    while True:
        page = (await service.http.get(f"/api/v1/pipelines?{query}")).json()
        listed += [each["id"] for each in page["items"]]
        assert {each["name"] for each in page["items"]} == {"again"}
        if page["next_cursor"] is None:
            break
        query = f"limit=100&cursor={page['next_cursor']}"
    assert len(listed) == 1_000
    assert set(listed) == made


async def test_an_agent_that_is_deleted_is_missed_by_the_pipelines_that_name_it(
    service: Service,
) -> None:
    agent = (await service.http.post("/api/v1/agents", json=AGENT)).json()["id"]
    flow = {"nodes": [{"id": "a", "type": "agent", "data": {"agent_id": agent}}], "edges": []}
    pipeline = await service.pipeline(flow)
    body = {"pipeline_id": pipeline, "variables": {"topic": "tea"}}
    begun = (await service.http.post("/api/v1/runs", json=body)).json()["run_id"]
    assert (await service.http.delete(f"/api/v1/agents/{agent}")).status_code == 204
    problems = (await service.http.get(f"/api/v1/pipelines/{pipeline}")).json()["problems"]
    assert [(each["code"], each["nodes"]) for each in problems] == [("missing_agent", ["a"])]
    refused = await service.http.post("/api/v1/runs", json=body)
    assert (refused.status_code, refused.json()["problems"]) == (422, problems)
    assert (await service.http.get(f"/api/v1/runs/{begun}")).json()["status"] == "pending"


async def test_a_pipeline_that_is_deleted_leaves_its_runs(service: Service) -> None:
    pipeline = await service.pipeline()
    answer = await service.http.post("/api/v1/runs", json={"pipeline_id": pipeline})
    where = f"/api/v1/pipelines/{pipeline}"
    assert (await service.http.delete(where)).status_code == 204
    assert (await service.http.delete(where)).status_code == 404
    again = await service.http.post("/api/v1/runs", json={"pipeline_id": pipeline})
    assert (again.status_code, again.json()["code"]) == (404, "not_found")
    run = (await service.http.get(answer.headers["location"])).json()
    assert (run["status"], run["pipeline_id"]) == ("pending", pipeline)


async def test_versions_are_remembered_and_moving_a_node_makes_none(service: Service) -> None:
    made = await service.http.post("/api/v1/pipelines", json={"name": "p", "flow": FLOW})
    where = made.headers["location"]
    moved = {**FLOW, "nodes": [n | {"position": {"x": 1, "y": 2}} for n in FLOW["nodes"]]}
    saved = (await service.http.put(where, json={"name": "p", "flow": moved})).json()
    assert saved["version"] == made.json()["version"]
    assert (await service.http.get(where)).json()["flow"] == moved
    other = {**FLOW, "edges": []}
    await service.http.put(where, json={"name": "p", "flow": other})
    assert len((await service.http.get(f"{where}/versions")).json()["items"]) == 2


async def test_the_service_describes_itself(service: Service) -> None:
    document = (await service.http.get("/openapi.json", headers={"Authorization": ""})).json()
    assert document["paths"]["/api/v1/runs"]["post"]["operationId"] == "create_run"
    assert "RunBody" in document["components"]["schemas"]
    assert (await service.http.get("/health")).json() == {"status": "alive"}
    assert (await service.http.get("/health/serving")).status_code == 200
    assert "penstock_http_requests_total" in (await service.http.get("/metrics")).text


async def test_an_agent_with_a_tool_that_nobody_runs_is_refused(service: Service) -> None:
    body = {**AGENT, "tools": ["web_search", "shell"]}
    made = await service.http.post("/api/v1/agents", json=AGENT)
    for answer in (
        await service.http.post("/api/v1/agents", json=body),
        await service.http.put(made.headers["location"], json=body),
    ):
        [problem] = answer.json()["problems"]
        assert (answer.status_code, problem["code"]) == (422, "unknown_tool")
        assert problem["path"] == ".tools[1]"
        assert "shell" in problem["message"]


async def test_a_field_that_is_nearly_a_known_one_is_told_as_a_warning(service: Service) -> None:
    node = {"id": "poet", "type": "agent", "data": {"instructions": "Write.", "max_token": 9}}
    flow = {"nodes": [node], "edges": []}
    saved = await service.http.post("/api/v1/pipelines", json={"name": "p", "flow": flow})
    validated = await service.http.post("/api/v1/flows/validate", json={"flow": flow})
    for answer in (saved, validated):
        told = answer.json()
        [warning] = told["warnings"]
        assert (warning["code"], warning["nodes"]) == ("unknown_field", ["poet"])
        assert '"max_token"' in warning["message"]
        assert told["problems"] == []
    assert (await service.http.post("/api/v1/runs", json={"flow": flow})).status_code == 202
