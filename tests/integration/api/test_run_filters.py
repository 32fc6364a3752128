"""`GET /runs` with all it may be asked, and tags from a request to a list."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.eventually import eventually
from tests.integration.api.people import made, somebody
from tests.integration.api.story import FLOW, Service

RUNS = "/api/v1/runs"


async def found(service: Service, **query: str) -> list[str]:
    answer = await service.http.get(RUNS, params=query)
    assert answer.status_code == 200, answer.text
    return [run["input_preview"] for run in answer.json()["items"]]


async def test_runs_are_found_by_tags_metadata_words_and_who_asked(projected: Service) -> None:
    service = projected
    body = {"flow": FLOW, "input": "one", "tags": ["prod", "team:a", "prod"]}
    accepted = (await service.http.post(RUNS, json=body)).json()
    run = (await service.http.get(f"{RUNS}/{accepted['run_id']}")).json()
    assert (run["tags"], run["requested_by"]) == (["prod", "team:a"], "settings")
    async with somebody(service.url, await made(service, "member")) as member:
        body = {"flow": FLOW, "input": "two", "metadata": {"ticket": "A-17", "size": 3}}
        assert (await member.post(RUNS, json=body)).status_code == 202
        who = (await member.get("/api/v1/me")).json()["name"]

    async def are_listed() -> bool:
        return await found(service) == ["two", "one"]

    await eventually(are_listed)
    assert await found(service, tags="team:a, prod") == ["one"]
    assert await found(service, metadata=json.dumps({"size": 3})) == ["two"]
    assert await found(service, search="A-17") == ["two"]
    assert await found(service, requested_by=who) == ["two"]
    assert await found(service, status="pending,waiting", order="oldest") == ["one", "two"]
    assert await found(service, status="completed") == []
    assert await found(service, created_before=run["created_at"]) == []
    assert await found(service, ended_after=run["created_at"]) == []
    (listed,) = (await service.http.get(RUNS, params={"tags": "prod"})).json()["items"]
    assert listed["tags"] == ["prod", "team:a"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "done"}, "expected status to be statuses among pending, running"),
        ({"status": ""}, "expected status to be statuses among"),
        ({"tags": "a,b c"}, "expected tags to be at most 16 tags"),
        ({"tags": ",".join("abcdefghijklmnopq")}, "expected tags to be at most 16 tags"),
        ({"metadata": "[1]"}, "expected metadata to be a JSON object of at most 4,096"),
        ({"metadata": '{"a": "\\u0000"}'}, "expected metadata to be a JSON object"),
        ({"metadata": '{"a": NaN}'}, "expected metadata to be a JSON object"),
        ({"metadata": '{"a": "\\ud800"}'}, "expected metadata to be a JSON object"),
        ({"metadata": json.dumps({"a": "b" * 4_096})}, "expected metadata to be a JSON object"),
        ({"metadata": "[" * 4_000}, "expected metadata to be a JSON object"),
        ({"search": "x"}, "expected search to be a text of at least 2 characters"),
        ({"order": "newest first"}, "expected order to be newest or oldest"),
        ({"ended_before": "yesterday"}, "expected ended_before to be a time with its zone"),
    ],
)
async def test_a_filter_that_cannot_be_is_told(
    service: Service, query: dict[str, str], expected: str
) -> None:
    answer = await service.http.get(RUNS, params=query)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")
    assert answer.json()["detail"].startswith(expected)


@pytest.mark.parametrize("tags", [["a b"], [""], ["-a"], ["a" * 65], ["a"] * 17, ["a,b"], "a", [1]])
async def test_tags_that_cannot_be_are_refused(service: Service, tags: Any) -> None:
    answer = await service.http.post(RUNS, json={"flow": FLOW, "tags": tags})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_words_are_looked_for_as_they_are(projected: Service) -> None:
    for text in ("':*", "a & !b | (c", "\\\\", "%27 or 1=1", "'; drop table runs; --", "漢字"):
        assert await found(projected, search=text) == []
