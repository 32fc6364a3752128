"""`GET /usage`: what is asked, what is told, and what cannot be."""

from __future__ import annotations

import pytest

from tests.integration.api.story import Service

USAGE = "/api/v1/usage"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"group_by": "week"}, "expected group_by to be some of day, pipeline, agent, model"),
        ({"group_by": ""}, "expected group_by to be some of"),
        ({"since": "2030-01-02T00:00:00Z", "until": "2030-01-01T00:00:00Z"}, "expected since"),
        ({"since": "2030-01-01T00:00:00Z", "until": "2031-01-01T00:00:00Z"}, "expected since"),
        ({"until": "0001-01-02T00:00:00Z"}, "expected since before until, by at most 92 days"),
        ({"limit": "1001"}, "expected limit to be a number of at most 1000"),
    ],
)
async def test_what_cannot_be_asked_is_told(
    service: Service, query: dict[str, str], expected: str
) -> None:
    answer = await service.http.get(USAGE, params=query)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")
    assert answer.json()["detail"].startswith(expected)


async def test_a_workspace_without_runs_used_nothing(service: Service) -> None:
    query = {"since": "9999-12-31T00:00:00Z", "until": "9999-12-31T23:00:00Z"}
    told = (await service.http.get(USAGE, params={**query, "group_by": "model, day"})).json()
    assert (told["items"], told["left_out"], told["cost_usd"]) == ([], 0, "0.000000")
    assert (await service.http.get(USAGE)).json()["usage"]["output_tokens"] == 0
