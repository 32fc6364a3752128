"""What clients of other pipeline tools were promised of starting a run, sentence by sentence."""

from typing import Any

import httpx2
import pytest

from services.api.compat.forms import MOST_FIELDS
from shared.log import Log
from shared.run import facts as f
from tests.integration.api.story import Service

ASKING: dict[str, Any] = {
    "nodes": [{"id": "a", "type": "template", "data": {"template": "{{variables.tone}}"}}],
    "edges": [],
}
TONE = '{"tone": "dry"}'
NOBODY = "0192f5d0-0000-7000-8000-000000000000"


async def asked(service: Service, pipeline: str, **how: Any) -> httpx2.Response:
    return await service.http.post(f"/api/pipeline/{pipeline}/run", **how)


async def requested(log: Log, answer: httpx2.Response) -> f.RunRequested:
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"runId"}
    (entry,) = (await log.history("default", answer.json()["runId"])).entries
    fact = entry.recorded().fact
    assert isinstance(fact, f.RunRequested)
    return fact


@pytest.mark.parametrize(
    "how",
    [
        {"files": {"input": (None, "tea ☕"), "variables": (None, TONE)}},
        {"data": {"input": "tea ☕", "variables": TONE, "intent": "run"}},
        {"json": {"input": "tea ☕", "variables": {"tone": "dry"}}},
        {
            "content": b"input=tea+%E2%98%95&variables=%7B%22tone%22%3A%22dry%22%7D&input=coffee",
            "headers": {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"},
        },
    ],
    ids=["form data", "urlencoded", "json", "as a browser sends it"],
)
async def test_user_can_trigger_pipeline_execution_via_api(
    service: Service, log: Log, how: dict[str, Any]
) -> None:
    pipeline = await service.pipeline(ASKING)
    fact = await requested(log, await asked(service, pipeline, **how))
    assert (fact.pipeline_id, fact.input) == (pipeline, "tea ☕")
    assert fact.variables == {"tone": "dry"}


@pytest.mark.parametrize(
    "how",
    [{}, {"data": {"variables": ""}}, {"json": {}}, {"files": {"other": (None, "x")}}],
    ids=["no body", "empty variables", "empty object", "other fields"],
)
async def test_input_and_variables_may_be_left_out(
    service: Service, log: Log, how: dict[str, Any]
) -> None:
    fact = await requested(log, await asked(service, await service.pipeline(), **how))
    assert (fact.input, fact.variables) == ("", {})


async def test_post_endpoint_creates_run_record_and_queues_job_for_execution(
    service: Service, log: Log
) -> None:
    answer = await asked(service, await service.pipeline(), data={"input": "tea", "sent": "yes"})
    run_id = answer.json()["runId"]
    run = (await service.http.get(f"/api/v1/runs/{run_id}")).json()
    assert (run["status"], run["input"]) == ("pending", "tea")
    (entry,) = (await log.history("default", run_id)).entries
    assert entry.rest == "requested"


async def test_without_a_session_the_answer_is_unauthorized(service: Service) -> None:
    pipeline = await service.pipeline()
    for path in (pipeline, ""):
        answer = await service.http.post(
            f"/api/pipeline/{path}/run", headers={"Authorization": ""}, data={"input": "x"}
        )
        assert (answer.status_code, answer.json()) == (401, {"error": "Unauthorized"})


async def test_without_an_id_the_answer_is_pipeline_id_required(service: Service) -> None:
    answer = await asked(service, "", data={"input": "x"})
    assert (answer.status_code, answer.json()) == (400, {"error": "Pipeline ID required"})


@pytest.mark.parametrize("key", [NOBODY, "x", "%00", NOBODY.upper()])
async def test_a_pipeline_must_exist_and_belong_to_the_user(service: Service, key: str) -> None:
    answer = await asked(service, key, data={"input": "x"})
    assert (answer.status_code, answer.json()) == (404, {"error": "Pipeline not found"})


@pytest.mark.parametrize(
    ("how", "status", "word"),
    [
        ({"data": {"variables": "{"}}, 422, "variables"),
        ({"data": {"variables": "[]"}}, 422, "variables"),
        ({"data": {"variables": '{"tone": 1}'}}, 422, "tone"),
        ({"data": {"variables": "a\0b"}}, 422, r'the text "a\u0000b"'),
        ({"data": {"input": "a\0b", "variables": TONE}}, 422, "NUL"),
        ({"data": {"input": "x"}}, 422, "tone"),
        ({"json": {"input": 7}}, 422, "input"),
        ({"json": {"colour": "red"}}, 422, "colour"),
        ({"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415, "multipart/form-data"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "form-data"),
        ({"files": {"input": ("a.txt", b"x")}}, 400, "form-data"),
        ({"content": b"&".join([b"a=1"] * (MOST_FIELDS + 1)), "headers": {
            "Content-Type": "application/x-www-form-urlencoded"}}, 400, "100 fields"),
        ({"data": {"input": "x", "variables": TONE}, "headers": {"Idempotency-Key": ""}}, 400,
         "Idempotency-Key"),
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_refused_in_words(
    service: Service, log: Log, how: dict[str, Any], status: int, word: str
) -> None:
    answer = await asked(service, await service.pipeline(ASKING), **how)
    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"error"}
    assert word in answer.json()["error"]
    assert await log.last_sequence() == 0


async def test_a_form_sent_again_with_its_key_is_the_same_run(service: Service) -> None:
    one, other = await service.pipeline(), await service.pipeline()
    how: dict[str, Any] = {"data": {"input": "tea"}, "headers": {"Idempotency-Key": "k"}}
    first, again = await asked(service, one, **how), await asked(service, one, **how)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert (await asked(service, other, **how)).status_code == 409


async def test_a_large_input_comes_whole_through_either_form(service: Service) -> None:
    pipeline, text = await service.pipeline(), "tea & täglich\r\n" * 80_000
    for how in ({"data": {"input": text}}, {"files": {"input": (None, text)}}):
        answer = await asked(service, pipeline, **how)
        run = (await service.http.get(f"/api/v1/runs/{answer.json()['runId']}")).json()
        assert (await service.http.get(run["input"]["url"])).text == text
