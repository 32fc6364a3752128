"""Runs over HTTP: accepted only when recorded, and visible at once."""

import asyncio

from shared.log import Log
from tests.eventually import eventually
from tests.integration.api.story import FLOW, Service, Story
from tests.metered import metric


async def test_a_run_just_accepted_can_be_read_at_once(service: Service) -> None:
    answer = await service.http.post("/api/v1/runs", json={"flow": FLOW, "input": "tea"})
    assert answer.status_code == 202
    accepted = answer.json()
    assert answer.headers["location"] == f"/api/v1/runs/{accepted['run_id']}"
    run = (await service.http.get(answer.headers["location"])).json()
    assert run["status"] == "pending"
    assert run["input"] == "tea"
    assert [step["node"] for step in run["steps"]] == ["draft", "final"]


async def test_a_run_is_shown_as_the_fold_of_its_facts(service: Service, log: Log) -> None:
    run_id = await service.run(input="tea")
    await Story(log, run_id).whole()
    run = (await service.http.get(f"/api/v1/runs/{run_id}")).json()
    assert run["status"] == "completed"
    assert run["output"] == "about tea!"
    assert run["outputs"] == {"final": "about tea!"}
    assert {step["status"] for step in run["steps"]} == {"completed"}
    step = (await service.http.get(f"/api/v1/runs/{run_id}/steps/0")).json()
    assert step["output"] == "about tea"
    assert step["attempts"][0]["executions"][0]["worker"] == "w-1"


async def test_steps_of_every_kind_are_told_under_what_people_call_them(service: Service) -> None:
    data = {"template": "{{input}}", "label": "Draft"}
    nodes = [
        {"id": "q", "type": "input", "data": {"label": "Question"}},
        {"id": "d", "type": "template", "data": data},
        {"id": "o", "type": "output"},
    ]
    edges = [{"source": "q", "target": "d"}, {"source": "d", "target": "o"}]
    run_id = await service.run(flow={"nodes": nodes, "edges": edges})
    run = (await service.http.get(f"/api/v1/runs/{run_id}")).json()
    assert [step["label"] for step in run["steps"]] == ["Question", "Draft", None]


async def test_a_large_input_is_kept_whole_and_read_by_range(service: Service) -> None:
    text = "ä" * 40_000
    run_id = await service.run(input=text)
    shown = (await service.http.get(f"/api/v1/runs/{run_id}")).json()["input"]
    assert shown["size_bytes"] == 80_000
    assert (await service.http.get(shown["url"])).text == text
    part = await service.http.get(shown["url"], headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.text) == (206, "ää")
    assert part.headers["content-range"] == "bytes 2-5/80000"


async def test_an_answer_can_wait_for_the_end(service: Service, log: Log) -> None:
    run_id = await service.run()
    await Story(log, run_id).whole()
    answer = await service.http.post("/api/v1/runs?wait=0.05", json={"flow": FLOW})
    assert answer.status_code == 202


async def test_a_cancel_is_recorded_once_and_refused_after_the_end(
    service: Service, log: Log
) -> None:
    run_id = await service.run()
    for _ in range(2):
        answer = await service.http.post(f"/api/v1/runs/{run_id}/cancel", json={"reason": "no"})
        assert (answer.status_code, answer.json()["status"]) == (202, "cancelling")
    run = (await service.http.get(f"/api/v1/runs/{run_id}")).json()
    assert run["status"] == "cancelling"
    await Story(log, run_id).whole()
    late = await service.http.post(f"/api/v1/runs/{run_id}/cancel")
    assert (late.status_code, late.json()["code"]) == (409, "run_finished")


async def test_a_cancel_that_waits_answers_the_receipts(service: Service, log: Log) -> None:
    run_id = await service.run()
    story = Story(log, run_id)
    await story.begin()
    await story.start(0, "draft")
    path = f"/api/v1/runs/{run_id}/cancel"
    early = await service.http.post(f"{path}?wait=0.05")
    assert (early.status_code, early.json()["status"]) == (202, "cancelling")
    asked = asyncio.create_task(service.http.post(f"{path}?wait=10"))
    await eventually(lambda: metric("penstock_watched_runs") == 1)
    await story.cancelled("about ", "x" * 5_000)
    answer = (await asked).json()
    assert (answer["status"], len(answer["receipts"])) == ("cancelled", 2)
    begun, queued = answer["receipts"]
    assert (begun["step"], begun["node"], begun["execution"]) == (0, "draft", 1)
    assert (begun["at_least"], begun["receipt"]["text"]) == (True, "about ")
    assert begun["receipt"]["aborted_after_ms"] == 4.5
    assert begun["receipt"]["usage"]["output_tokens"] == 3
    assert (queued["execution"], queued["at_least"]) == (None, False)
    assert (queued["receipt"]["text"], queued["receipt"]["text_size_bytes"]) == (None, 5_000)
    step = (await service.http.get(f"/api/v1/runs/{run_id}/steps/1")).json()
    assert step["attempts"][0]["receipt"]["text"] == "x" * 5_000


async def test_the_same_key_and_body_give_the_same_run(service: Service, log: Log) -> None:
    body = {"flow": FLOW, "input": "tea"}
    headers = [(b"idempotency-key", "once * only. ä".encode())]
    answers = await asyncio.gather(
        *(service.http.post("/api/v1/runs", json=body, headers=headers) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["run_id"] for answer in answers}) == 1
    replayed = [answer.headers.get("idempotency-replayed") for answer in answers]
    assert replayed.count("true") == 7
    run_id = answers[0].json()["run_id"]
    assert len((await log.history("default", run_id)).entries) == 1
    other = await service.http.post("/api/v1/runs", json={"flow": FLOW}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
