"""Calls of the API: what is sent, how answers and refusals are read."""

from __future__ import annotations

import pytest
from penstock_client import (
    ConflictError,
    ContractError,
    NotFoundError,
    Penstock,
    Problem,
    RejectedError,
    UnavailableError,
)
from penstock_client.errors import error_from

from tests.unit.client.scripted_penstock import Reply, Request, ScriptedPenstock, answer

FLOW: dict[str, list[object]] = {"nodes": [], "edges": []}
ACCEPTED = {"run_id": "r1", "status": "pending", "events_url": "/api/v1/runs/r1/events?ticket=t"}


async def test_a_run_is_created_with_all_it_was_given(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    stack.on("POST", "/api/v1/runs", answer(ACCEPTED, 202))
    run = await client.runs.create(
        pipeline_id="p1", input="Hi 🦦", variables={"k": "v"}, idempotency_key="key", wait=2.5
    )
    assert (run.run_id, run.status, run.events_url) == tuple(ACCEPTED.values())
    (request,) = stack.requests
    assert request.json() == {"pipeline_id": "p1", "input": "Hi 🦦", "variables": {"k": "v"}}
    assert request.headers["idempotency-key"] == "key"
    assert request.query == {"wait": "2.5"}


async def test_a_refused_flow_is_told_with_every_problem(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    problems = [{"code": "cycle", "message": "a and b wait for each other", "nodes": ["a", "b"]}]
    refusal = {"code": "invalid_flow", "detail": "the flow has 1 problem", "problems": problems}
    stack.on("POST", "/api/v1/runs", answer(refusal, 422))
    with pytest.raises(RejectedError) as refused:
        await client.runs.create(flow=FLOW)
    assert refused.value.problems == (Problem("cycle", "a and b wait for each other", ("a", "b")),)
    assert (refused.value.code, refused.value.status) == ("invalid_flow", 422)


async def test_a_list_is_read_page_after_page(stack: ScriptedPenstock, client: Penstock) -> None:
    pages: dict[str | None, dict[str, object]] = {
        None: {"items": [{"run_id": "r3", "status": "running"}], "next_cursor": "c 2"},
        "c 2": {"items": [{"run_id": "r2", "status": "failed"}], "next_cursor": None},
    }
    stack.on("GET", "/api/v1/runs", lambda request: answer(pages[request.query.get("cursor")]))
    runs = [run.run_id async for run in client.runs.list(status="running", page_size=1)]
    assert runs == ["r3", "r2"]
    assert stack.requests[0].query == {"status": "running", "limit": "1"}


async def test_names_in_paths_are_quoted(stack: ScriptedPenstock, client: Penstock) -> None:
    with pytest.raises(NotFoundError):
        await client.runs.get("../agents?x#y")
    assert stack.requests[0].path == "/api/v1/runs/..%2Fagents%3Fx%23y"


async def test_an_agent_is_made_and_removed(stack: ScriptedPenstock, client: Penstock) -> None:
    def created(request: Request) -> Reply:
        assert request.json() == {"name": "Poet", "instructions": "Rhyme."}
        return answer({"id": "a1", "name": "Poet", "instructions": "Rhyme."}, 201)

    stack.on("POST", "/api/v1/agents", created)
    stack.on("DELETE", "/api/v1/agents/a1", Reply(204))
    agent = await client.agents.create(name="Poet", instructions="Rhyme.")
    await client.agents.delete(agent.id)
    assert [request.method for request in stack.requests] == ["POST", "DELETE"]


async def test_the_models_are_told_with_what_they_can(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    tier = {"input": "0.10", "output": "0.50"}
    model = {"model": "m", "provider": "p", "default_max_tokens": 9, "prices": {"tiers": [tier]}}
    stack.on("GET", "/api/v1/models", answer({"default_model": "m", "items": [model]}))
    models = await client.models()
    assert models.default_model == models.items[0].model == "m"
    assert models.items[0].prices is not None
    assert models.items[0].prices.tiers[0].input == "0.10"
    assert models.items[0].thinking is None


async def test_a_pipeline_changed_by_another_is_a_conflict(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    def changed(request: Request) -> Reply:
        assert request.headers["if-match"] == '"v1"'
        return answer({"code": "version_mismatch", "detail": "it is at v2"}, 412)

    stack.on("PUT", "/api/v1/pipelines/p1", changed)
    with pytest.raises(ConflictError, match="it is at v2"):
        await client.pipelines.update("p1", "Pipe", {}, if_match='"v1"')


async def test_an_answer_of_another_shape_is_no_success(
    stack: ScriptedPenstock, client: Penstock
) -> None:
    stack.on("GET", "/api/v1/runs/r1", answer({"surprise": True}))
    with pytest.raises(ContractError, match="the answer is no Run"):
        await client.runs.get("r1")


async def test_a_cut_answer_is_unavailable(stack: ScriptedPenstock, client: Penstock) -> None:
    stack.on("GET", "/api/v1/runs/r1", Reply(pieces=[b"{"], after="cut"))
    with pytest.raises(UnavailableError, match=stack.url):
        await client.runs.get("r1")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"detail": 4, "problems": [3, {}]}'])
def test_any_body_of_a_refusal_gives_an_error(body: bytes) -> None:
    error = error_from(418, body)
    assert isinstance(error, RejectedError)
    assert (error.code, error.detail) == ("http_418", "the server answered 418")


@pytest.mark.parametrize("url", ["", "127.0.0.1:8080", "ftp://host", "http://", "nonsense"])
def test_a_base_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected a URL like"):
        Penstock(url)
