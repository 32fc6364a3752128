"""Every bad request gets a problem that says what to do, and records nothing."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from services.api.calls import CALLS
from services.api.http.calls import Call
from shared.log import Log
from tests.integration.api.story import FLOW, Service

JSON = {"Content-Type": "application/json"}
NOBODY = "0192f5d0-0000-7000-8000-000000000000"
STRANGE_TYPES = ["text/plain", "application/xml", "application/jsonp", "json", "*/*", "a/b; c=d, e"]
STRANGE_IDS = [
    "a.b", "*", ">", "a b", "a/b", "../x", "\U0001f600", "x" * 10_000, "", "%00", "-1",
    "0192f5d0-0000-7000-8000-00000000000", "0192F5D0-0000-7000-8000-000000000000",
    "0192f5d0-0000-7000-8000-000000000000",
]  # fmt: skip


def node(key: str, kind: str = "template", **data: Any) -> dict[str, Any]:
    return {"id": key, "type": kind, "data": data}


def edge(source: str, target: str, **more: str) -> dict[str, str]:
    return {"source": source, "target": target, **more}


BAD_FLOWS: dict[str, dict[str, Any]] = {
    "cycle": {
        "nodes": [node("a", template="x"), node("b", template="x")],
        "edges": [edge("a", "b"), edge("b", "a")],
    },
    "self_loop": {"nodes": [node("a", template="x")], "edges": [edge("a", "a")]},
    "dangling_edge": {"nodes": [node("a", template="x")], "edges": [edge("a", "nowhere")]},
    "duplicate_node": {"nodes": [node("a", template="x"), node("a", template="x")], "edges": []},
    "unknown_type": {
        "nodes": [node("a", "rocket"), node("b", template="x")], "edges": [edge("a", "b")]
    },
    "missing_agent": {
        "nodes": [node("a", "agent", agent_id="0192f5d0-0000-7000-8000-000000000000")],
        "edges": [],
    },
    "unknown_pool": {"nodes": [node("a", template="x", pool="nowhere")], "edges": []},
    "unreachable_output": {
        "nodes": [node("a", template="x"), node("o", "output")], "edges": []
    },
    "bad_expression": {
        "nodes": [node("c", "condition", branches=[{"handle": "h", "expression": " "}])],
        "edges": [],
    },
    "empty": {"nodes": [], "edges": []},
}  # fmt: skip


@pytest.mark.parametrize("code", BAD_FLOWS)
async def test_a_flow_with_a_problem_is_refused_before_anything_is_recorded(
    service: Service, log: Log, code: str
) -> None:
    answer = await service.http.post("/api/v1/runs", json={"flow": BAD_FLOWS[code]})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid_flow")
    assert answer.headers["content-type"] == "application/problem+json"
    assert code in {each["code"] for each in problem["problems"]}
    assert await log.last_sequence() == 0
    validated = await service.http.post("/api/v1/flows/validate", json={"flow": BAD_FLOWS[code]})
    assert validated.json()["problems"] == problem["problems"]


async def test_all_problems_of_a_flow_are_told_at_once(service: Service) -> None:
    flow = {
        "nodes": [*BAD_FLOWS["duplicate_node"]["nodes"], node("c", template="x", pool="nowhere")],
        "edges": [edge("a", "nowhere"), edge("c", "c")],
    }
    answer = await service.http.post("/api/v1/runs", json={"flow": flow})
    codes = {each["code"] for each in answer.json()["problems"]}
    assert codes >= {"duplicate_node", "dangling_edge", "self_loop", "unknown_pool"}


@pytest.mark.parametrize(
    ("body", "status", "code", "path"),
    [
        (b"", 400, "not_json", None),
        (b"{", 400, "not_json", None),
        (b"\xff\xfe", 400, "not_json", None),
        (b"[" * 100_000, 400, "not_json", None),
        (b"[]", 422, "invalid_request", ""),
        (b'"x"', 422, "invalid_request", ""),
        (b'{"flow": {"nodes": []}, "colour": "red"}', 422, "invalid_request", ".colour"),
        (b'{"flow": []}', 422, "invalid_request", ".flow"),
        (b'{"flow": {}, "input": 7}', 422, "invalid_request", ".input"),
        (b'{"flow": {}, "variables": {"a": 1}}', 422, "invalid_request", ".variables.a"),
        (b'{"flow": {}, "limits": {"deadline_seconds": -1}}', 422, "invalid_request",
         ".limits.deadline_seconds"),
        (b'{"flow": {}, "start_at": "tomorrow"}', 422, "invalid_request", ".start_at"),
        (b'{"flow": {}, "input": "a\\u0000b"}', 422, "invalid_request", ".input"),
        (b'{"flow": {}, "input": "\\ud800"}', 422, "invalid_request", ".input"),
        (b'{"flow": {"nodes": [{"id": "\\ud800"}]}}', 422, "invalid_request", ".flow.nodes[0].id"),
        (b'{"flow": {}, "metadata": {"a": NaN}}', 400, "not_json", None),
        (b'{"flow": {}, "pipeline_id": "x"}', 422, "invalid_request", None),
        (b"{}", 422, "invalid_request", None),
        (b'{"pipeline_id": "no"}', 404, "not_found", None),
    ],
)  # fmt: skip
async def test_a_body_that_does_not_fit_is_refused_with_the_spot(
    service: Service, body: bytes, status: int, code: str, path: str | None
) -> None:
    answer = await service.http.post("/api/v1/runs", content=body, headers=JSON)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), problem
    if path is not None:
        assert [each["path"] for each in problem["problems"]] == [path]


async def test_a_missing_variable_is_named(service: Service) -> None:
    flow = {"nodes": [node("a", template="{{variables.tone}}")], "edges": []}
    answer = await service.http.post("/api/v1/runs", json={"flow": flow})
    assert (answer.status_code, answer.json()["code"]) == (422, "missing_variables")
    assert answer.json()["variables"] == ["tone"]
    given = {"flow": flow, "variables": {"tone": "dry"}}
    assert (await service.http.post("/api/v1/runs", json=given)).status_code == 202


@pytest.mark.parametrize("strange", STRANGE_IDS)
async def test_a_strange_id_is_not_found(service: Service, strange: str) -> None:
    key = quote(strange, safe="%")
    for path in (
        f"/api/v1/runs/{key}", f"/api/v1/runs/{key}/events", f"/api/v1/runs/{key}/steps/0",
        f"/api/v1/agents/{key}", f"/api/v1/pipelines/{key}",
    ):  # fmt: skip
        answer = await service.http.get(path)
        listed = strange == "" and path.endswith(("runs/", "agents/", "pipelines/"))
        assert answer.status_code == 404 or listed, path
        assert answer.json().get("code") == "not_found" or listed


async def test_too_much_is_refused_as_too_large(service: Service) -> None:
    flow = {"nodes": [node("a", template="x" * (9 << 20))], "edges": []}
    answer = await service.http.post("/api/v1/runs", json={"flow": flow})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    answer = await service.http.post("/api/v1/pipelines", json={"name": "p", "flow": flow})
    assert answer.status_code == 413
    text = "x" * ((64 << 20) + 1)
    answer = await service.http.post("/api/v1/runs", json={"flow": FLOW, "input": text})
    assert answer.status_code == 413


@pytest.mark.parametrize("call", [c for c in CALLS if c.body], ids=lambda c: f"{c.method} {c.path}")
async def test_a_body_of_another_type_is_unsupported_on_every_route(
    service: Service, log: Log, call: Call
) -> None:
    path = re.sub(r"{\w+}", NOBODY, call.path)
    for kind in STRANGE_TYPES:
        answer = await service.http.request(
            call.method, path, content=b"{}", headers={"Content-Type": kind}
        )
        assert answer.status_code == 415, (kind, answer.text)
        assert "application/json" in answer.text
    assert await log.last_sequence() == 0


@pytest.mark.parametrize("away", [timedelta(seconds=-60), timedelta(days=31)])
async def test_a_start_in_the_past_or_in_31_days_is_refused(
    service: Service, log: Log, away: timedelta
) -> None:
    start_at = (datetime.now(UTC) + away).isoformat()
    answer = await service.http.post("/api/v1/runs", json={"flow": FLOW, "start_at": start_at})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert [each["path"] for each in answer.json()["problems"]] == [".start_at"]
    assert await log.last_sequence() == 0


async def test_without_the_token_nothing_opens(service: Service) -> None:
    for value in ("", "Basic eDp5", "Bearer wrong", "Bearer \xe9"):
        answer = await service.http.get(
            "/api/v1/me", headers=[(b"authorization", value.encode("latin-1"))]
        )
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert (await service.http.get("/api/v1/me")).json()["workspace"] == "default"


async def test_a_method_that_is_not_there_names_those_that_are(service: Service) -> None:
    answer = await service.http.delete("/api/v1/runs")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


async def test_a_bad_query_says_what_was_expected(service: Service) -> None:
    for query in ("limit=0", "limit=x", "cursor=x", "status=odd", "created_after=now",
                  "id_prefix=", "id_prefix=xyz", "id_prefix=01a2-"):  # fmt: skip
        answer = await service.http.get(f"/api/v1/runs?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter"), query


@pytest.mark.parametrize("items", ["{}", '{"id":"a"}'])
async def test_others_are_answered_while_a_heavy_flow_is_judged(
    service: Service, items: str
) -> None:
    body = b'{"flow": {"nodes": [%s], "edges": []}}' % ",".join([items] * 150_000).encode()
    judging = asyncio.create_task(
        service.http.post("/api/v1/flows/validate", content=body, headers=JSON)
    )
    answered = 0
    while not judging.done():
        assert (await service.http.get("/health")).status_code == 200
        answered += 1
    assert (await judging).json()["problems"]
    # Without being let in between, nobody or one is answered meanwhile.
    assert answered > 2


@pytest.mark.parametrize("blank", [" ", "\t\n", "\u2003", "\ufeff"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("agents", {"instructions": "Write."}),
        ("pipelines", {"flow": FLOW}),
        ("tokens", {"role": "member"}),
        ("users", {"email": "ada@example.org"}),
        ("workspaces", {"slug": "acme"}),
    ],
)
async def test_nothing_new_has_a_blank_name(
    service: Service, path: str, body: dict[str, Any], blank: str
) -> None:
    answer = await service.http.post(f"/api/v1/{path}", json={**body, "name": blank})
    [problem] = answer.json()["problems"]
    assert (answer.status_code, problem["path"]) == (422, ".name")
    assert "expected a name that is not blank" in problem["message"]
