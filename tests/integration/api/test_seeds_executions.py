"""What clients of an execution engine were promised of its API, sentence by sentence."""

from typing import Any

import pytest

from services.api.http.problems import Forbidden
from services.api.identity.doorkeeper import require
from services.api.identity.identity import Identity
from shared.log import Log
from shared.run import facts as f
from tests.eventually import eventually
from tests.integration.api.story import AGENTS, FLOW, Service, Story

STATUS = "/api/v1/execution/status"
START = "/api/v1/execution/start"
STOP = "/api/v1/execution/stop"
NOBODY = "0192f5d0-0000-7000-8000-000000000000"
MERGING: dict[str, Any] = {
    "nodes": [
        {"id": "draft", "type": "template", "data": {"template": "1"}},
        {"id": "other", "type": "template", "data": {"template": "2"}},
        {"id": "both", "type": "merge", "data": {}},
    ],
    "edges": [{"source": "draft", "target": "both"}, {"source": "other", "target": "both"}],
}


async def status(service: Service, execution: str) -> dict[str, Any]:
    answer = await service.http.get(STATUS, params={"execution_id": execution})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_post_start_starts_workflow_execution(service: Service, log: Log) -> None:
    pipeline = await service.pipeline()
    for name in ("pipeline_id", "workflow_template_id"):
        answer = await service.http.post(START, json={name: pipeline, "inputs": "tea"})
        assert answer.status_code == 200
        assert answer.json().keys() == {"execution_id", "status"}
        execution = answer.json()["execution_id"]
        fact = (await log.history("default", execution)).entries[0].recorded().fact
        assert isinstance(fact, f.RunRequested)
        assert (fact.pipeline_id, fact.input) == (pipeline, "tea")


@pytest.mark.parametrize(
    ("inputs", "text", "variables"),
    [
        (None, "", {}),
        ("tea", "tea", {}),
        ({}, "", {}),
        ({"input": "tea", "tone": "dry"}, "tea", {"tone": "dry"}),
        ({"count": 3, "deep": {"a": ["ä"]}}, "", {"count": "3", "deep": '{"a":["ä"]}'}),
    ],
)
async def test_inputs_are_the_input_and_variables_of_the_execution(
    service: Service, log: Log, inputs: object, text: str, variables: dict[str, str]
) -> None:
    body = {"pipeline_id": await service.pipeline(), "inputs": inputs}
    execution = (await service.http.post(START, json=body)).json()["execution_id"]
    fact = (await log.history("default", execution)).entries[0].recorded().fact
    assert isinstance(fact, f.RunRequested)
    assert (fact.input, fact.variables) == (text, variables)


async def test_get_status_gets_execution_status(service: Service, log: Log) -> None:
    run = await service.run(flow=AGENTS)
    pending = await status(service, run)
    assert (pending["execution_id"], pending["status"]) == (run, "pending")
    assert [step["status"] for step in pending["steps"]] == ["pending", "pending"]
    await Story(log, run).whole()
    done = await status(service, run)
    assert done["status"] == "completed"
    assert done["completed_at"] is not None
    assert [step["outputs"] for step in done["steps"]] == ["about tea", "about tea!"]


async def test_status_tells_inputs_outputs_user_and_workspace(service: Service, log: Log) -> None:
    inputs = {"input": "tea", "tone": "dry"}
    body = {"pipeline_id": await service.pipeline(AGENTS), "inputs": inputs}
    run = (await service.http.post(START, json=body)).json()["execution_id"]
    pending = await status(service, run)
    assert (pending["inputs"], pending["outputs"]) == (inputs, None)
    assert (pending["user_id"], pending["workspace_id"]) == (None, "default")
    await Story(log, run).whole()
    assert (await status(service, run))["outputs"] == {"final": "about tea!"}


async def test_a_large_input_is_told_as_where_to_read_it(service: Service) -> None:
    text = "tea " * 20_000
    body = {"pipeline_id": await service.pipeline(), "inputs": text}
    run = (await service.http.post(START, json=body)).json()["execution_id"]
    told = (await status(service, run))["inputs"]["input"]
    assert told["size_bytes"] == len(text)
    assert (await service.http.get(told["url"])).text == text


async def test_step_waits_in_waiting_inputs_state_for_all_inputs(
    service: Service, log: Log
) -> None:
    run = await service.run(flow=MERGING)
    story = Story(log, run)
    await story.begin()
    await story.start(0, "draft")
    await story.complete(0, "draft", "1")
    *_, both = (await status(service, run))["steps"]
    assert both["status"] == "waiting_inputs"
    assert both["required_inputs"] == 2
    assert both["received_inputs"] == [{"from_step": 0, "step_template_id": "draft"}]
    assert (both["attempt_count"], both["error"], both["outputs"]) == (0, None, None)


async def test_attempts_and_errors_of_a_step_are_told(service: Service, log: Log) -> None:
    run = await service.run(flow=AGENTS)
    story = Story(log, run)
    await story.begin()
    await story.start(0, "draft")
    await story.break_down(0, "draft", "the model is overloaded")
    first, _ = (await status(service, run))["steps"]
    assert first["status"] == "retrying"
    assert (first["attempt_count"], first["error"]) == (1, "the model is overloaded")


async def test_post_stop_stops_workflow_execution(service: Service, log: Log) -> None:
    run = await service.run()
    answer = await service.http.post(STOP, json={"execution_id": run, "reason": "no"})
    assert (answer.status_code, answer.json()) == (
        200,
        {"execution_id": run, "status": "cancelling"},
    )
    assert (await log.history("default", run)).entries[-1].rest == "cancel"
    await Story(log, run).whole()
    late = await service.http.post(STOP, json={"execution_id": run})
    assert (late.status_code, late.json()["code"]) == (409, "run_finished")
    assert (late.json()["status"], late.json()["run_status"]) == (409, "completed")


async def test_what_does_not_fit_is_a_problem(service: Service) -> None:
    pipeline = await service.pipeline()
    for body, code in (
        ({}, 422),
        ({"pipeline_id": pipeline, "workflow_template_id": pipeline}, 422),
        ({"pipeline_id": pipeline, "inputs": ["x"]}, 422),
        ({"pipeline_id": pipeline, "inputs": {"x": 2**60}}, 422),
        ({"pipeline_id": NOBODY}, 404),
    ):
        assert (await service.http.post(START, json=body)).status_code == code, body
    assert (await service.http.post(STOP, json={})).status_code == 422
    assert (await service.http.post(STOP, json={"execution_id": NOBODY})).status_code == 404
    assert (await service.http.get(STATUS)).status_code == 400
    assert (await service.http.get(f"{STATUS}?execution_id={NOBODY}")).status_code == 404


async def test_get_admin_executions_lists_all_executions(projected: Service) -> None:
    runs = [await projected.run(flow=FLOW) for _ in range(3)]
    listed: list[str] = []

    async def everything() -> bool:
        page = (await projected.http.get("/admin/executions")).json()
        return len(page["executions"]) == 3

    await eventually(everything)
    query = ""
    while True:
        page = (await projected.http.get(f"/admin/executions?limit=2{query}")).json()
        listed += [each["execution_id"] for each in page["executions"]]
        assert {each["workspace_id"] for each in page["executions"]} == {"default"}
        if page["next_cursor"] is None:
            break
        query = f"&cursor={page['next_cursor']}"
    assert listed == runs[::-1]


async def test_post_admin_executions_id_cancel_cancels_execution(
    service: Service, log: Log
) -> None:
    run = await service.run()
    answer = await service.http.post(f"/admin/executions/{run}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelling")
    assert (await log.history("default", run)).entries[-1].rest == "cancel"
    assert (await service.http.post(f"/admin/executions/{NOBODY}/cancel")).status_code == 404


def test_only_an_admin_may_use_the_admin_api() -> None:
    require(Identity("default", "x", "admin", is_instance_admin=True), "instance")
    with pytest.raises(Forbidden):
        require(Identity("default", "x", "admin"), "instance")


async def test_health_and_metrics_answer_without_a_token(service: Service) -> None:
    for path in ("/health", "/metrics"):
        answer = await service.http.get(path, headers={"Authorization": ""})
        assert answer.status_code == 200
