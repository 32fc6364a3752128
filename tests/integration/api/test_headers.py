"""What requests say in their headers and queries, as their specifications mean it."""

import pytest

from shared.log import Log
from tests.integration.api.story import AGENTS, FLOW, Service, Story

STREAM, JSON = "text/event-stream", "application/json"


async def test_head_is_answered_as_get_without_a_body(service: Service, log: Log) -> None:
    run = await service.run()
    await Story(log, run).whole()
    paths = ("/health", "/api/v1/runs", f"/api/v1/runs/{run}", f"/api/v1/runs/{run}/output",
             f"/api/v1/runs/{run}/events", "/api/v1/events", "/watch", "/docs")  # fmt: skip
    for path in paths:
        head = await service.http.head(path)
        assert (head.status_code, head.content) == (200, b""), path
    missing = f"/api/v1/runs/{run[:-1]}{'0' if run[-1] != '0' else '1'}"
    for path in (missing, f"{missing}/events"):
        assert (await service.http.head(path)).status_code == 404


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (f"{JSON}", JSON),
        (f"{JSON};q=0.9, {STREAM};q=0.1", JSON),
        (f"{JSON};q=0.1, {STREAM}", STREAM),
        (f"{STREAM}, {JSON};q=0", STREAM),
        (f"{JSON.upper()}", JSON),
        ("text/html, */*;q=0.1", STREAM),
        ("application/*", JSON),
        ("*/*", STREAM),
        ("", STREAM),
    ],
)
async def test_events_come_in_the_form_that_accept_prefers(
    service: Service, log: Log, accept: str, kind: str
) -> None:
    run = await service.run()
    await Story(log, run).whole()
    answer = await service.http.get(f"/api/v1/runs/{run}/events", headers={"Accept": accept})
    assert answer.headers["content-type"].partition(";")[0] == kind


async def test_if_match_is_a_list_of_strong_tags_or_a_star(service: Service) -> None:
    made = await service.http.post("/api/v1/pipelines", json={"name": "p", "flow": FLOW})
    path, tag = made.headers["location"], made.headers["etag"]
    for header, status in (
        ('"x"', 412), (f"W/{tag}", 412), (f'"a,{tag[1:-1]}"', 412),
        (f'"x" , {tag}', 200), ("*", 200),
    ):  # fmt: skip
        body = {"name": "p", "flow": AGENTS}
        answer = await service.http.put(path, json=body, headers={"If-Match": header})
        assert answer.status_code == status, header
        tag = answer.headers.get("etag", tag)


async def test_a_content_type_is_parsed_not_compared(service: Service) -> None:
    for kind in ('application/json ; charset="utf-8"', "Application/JSON", "application/json;"):
        answer = await service.http.post(
            "/api/v1/flows/validate", content=b'{"flow": {}}', headers={"Content-Type": kind}
        )
        assert answer.status_code == 200, kind


async def test_a_byte_order_mark_is_no_part_of_a_body(service: Service) -> None:
    mark, pipeline = b"\xef\xbb\xbf", await service.pipeline()
    body = b'{"input": "x", "pipeline_id": "%s"}' % pipeline.encode()
    for path, kind, content, status in (
        ("/api/v1/runs", JSON, body, 202),
        ("/api/v1/flows/validate", JSON, b'{"flow": {}}', 200),
        (f"/api/pipeline/{pipeline}/run", "application/x-www-form-urlencoded", b"input=x", 200),
    ):
        answer = await service.http.post(
            path, content=mark + content, headers={"Content-Type": kind}
        )
        assert answer.status_code == status, answer.text


async def test_a_range_may_be_longer_than_the_text(service: Service, log: Log) -> None:
    run = await service.run()
    await Story(log, run).whole()
    path = f"/api/v1/runs/{run}/output"
    whole = (await service.http.get(path)).content
    for asked, expected in ((f"bytes=-{len(whole) * 9}", whole), ("bytes=2-99999", whole[2:])):
        answer = await service.http.get(path, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (206, expected)
    for asked in ("bytes=0-1,3-4", "lines=1-2", "bytes=x"):
        answer = await service.http.get(path, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (200, whole)
    past = await service.http.get(path, headers={"Range": f"bytes={len(whole)}-"})
    assert (past.status_code, past.headers["content-range"]) == (416, f"bytes */{len(whole)}")


@pytest.mark.parametrize(
    "query",
    ["workspace=%00", "status=%00", "cursor=%00", "created_after=%00", "pipeline_id=%00", "%00=1",
     "workspace=%ff", "workspace=%ed%a0%80", "limit=%00", "x=%00"],
)  # fmt: skip
async def test_what_is_no_text_in_a_query_is_a_bad_parameter(service: Service, query: str) -> None:
    answer = await service.http.get(f"/api/v1/admin/runs?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")


@pytest.mark.parametrize("position", ["-1", "+1", "1_0", " 1", "\u0661", "1e3"])
async def test_a_position_is_a_whole_number_from_zero(service: Service, position: str) -> None:
    run = await service.run()
    for path in (f"/api/v1/runs/{run}/events", "/api/v1/events"):
        answer = await service.http.get(path, params={"after": position})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter"), path
        sent = [(b"Last-Event-ID", position.strip().encode() + b"x")]
        assert (await service.http.get(path, headers=sent)).status_code == 400


async def test_no_answer_may_be_guessed_to_be_something_else(service: Service, log: Log) -> None:
    run = await service.run()
    await Story(log, run).whole()
    for path in ("/health", f"/api/v1/runs/{run}/output", "/nowhere", "/api/v1/runs?limit=x",
                 f"/api/v1/runs/{run}/events"):  # fmt: skip
        answer = await service.http.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff", path


async def test_words_of_a_library_are_not_told(service: Service) -> None:
    body = {"flow": {}, "input": 7, "on_disconnect": "x", "limits": {"deadline_seconds": "a"}}
    answer = await service.http.post("/api/v1/runs", json=body)
    told = {each["path"]: each["message"] for each in answer.json()["problems"]}
    assert told[".input"] == ".input: expected a text, found the number 7"
    assert told[".on_disconnect"].startswith(".on_disconnect: expected continue or cancel, found")
    assert not any("Input should" in message for message in told.values())


async def test_a_wait_that_runs_out_tells_how_the_run_stands(service: Service, log: Log) -> None:
    run = await service.run()
    key = {"Idempotency-Key": "again"}
    first = await service.http.post("/api/v1/runs", json={"flow": FLOW}, headers=key)
    await Story(log, first.json()["run_id"]).begin()
    again = await service.http.post("/api/v1/runs?wait=0.2", json={"flow": FLOW}, headers=key)
    assert (again.status_code, again.json()["status"]) == (202, "running")
    assert run != first.json()["run_id"]
