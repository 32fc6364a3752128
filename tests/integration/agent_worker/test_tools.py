"""Tools that an agent has its worker call: what the model is told, and two facts a call."""

from __future__ import annotations

import asyncio
import json

import pytest
from structlog.testing import capture_logs

from services.agent_worker.kinds import calling
from services.agent_worker.kinds.calling import MOST_A_TURN
from shared.run import facts as f
from tests.integration.agent_worker.stage import Stage, chain
from tests.integration.agent_worker.tooling import MODELS, done, last_messages, told, tool, using
from tests.metered import metric
from tests.outside import OutsideServer, Received, answer, text


@pytest.mark.parametrize("model", MODELS)
async def test_a_call_is_made_told_to_the_model_and_recorded(stage: Stage, model: str) -> None:
    async with OutsideServer(text("a red bicycle")) as server:
        says = 'tool=lookup tool_input=\'{"id":"7"}\' results'
        run = await stage.run(chain(using(says, tool(server.url("/items/{{id}}")), model=model)))
        outcome = await done(stage, run)
    assert isinstance(outcome, f.StepCompleted), outcome
    assert outcome.output == "a red bicycle"
    [called], [returned] = await told(run)
    key = f"{run.address.run}.0.1.1.0"
    assert (called.tool, json.loads(str(called.input))) == ("lookup", {"id": "7"})
    assert called.idempotency_key == key
    assert (returned.outcome, returned.output, returned.error) == ("ok", "a red bicycle", None)
    assert (returned.turn, returned.index, returned.call_id) == (1, 0, called.call_id)
    [request] = server.requests
    assert (request.method, request.target) == ("GET", "/items/7")
    assert request.headers["idempotency-key"] == key
    first, second = await stage.calls()
    assert "lookup" in json.dumps(first["tools"])
    assert "a red bicycle" in last_messages(second)
    turns = await run.facts(f.StepTurn)
    assert [turn.stop_reason for turn in turns] == ["tool_use", "end_turn"]
    assert await run.facts(f.StepTool) == []  # readers have the facts
    phases = {each.phase for each in await run.facts(f.StepProgress)}
    assert "tool" in phases


async def test_text_before_calls_and_behind_them_is_one_answer_of_two_parts(stage: Stage) -> None:
    async with OutsideServer(text("ok")) as server:
        says = "tool=lookup tool_input='{\"id\":\"7\"}' text='Let me see.'"
        run = await stage.run(chain(using(says, tool(server.url("/")))))
        outcome = await done(stage, run)
    assert isinstance(outcome, f.StepCompleted), outcome
    assert outcome.output == "Let me see.\n\nLet me see."
    read = ""
    for delta in await run.facts(f.StepDelta):
        read = read[: delta.offset] + delta.text
    assert read == outcome.output
    first, second = await run.facts(f.StepTurn)
    assert f"{first.text}{second.text}" == outcome.output


@pytest.mark.parametrize("model", MODELS)
async def test_the_calls_of_a_turn_are_made_side_by_side_and_told_in_order(
    stage: Stage, model: str
) -> None:
    together = asyncio.Barrier(3)

    async def wait(request: Received, writer: asyncio.StreamWriter) -> None:
        await together.wait()
        writer.write(text(request.target))

    async with OutsideServer(wait) as server:
        given = json.dumps([{"id": "1"}, {"id": "2"}, {"id": "3"}])
        says = f"tool=lookup tool_count=3 tool_input='{given}' results"
        run = await stage.run(chain(using(says, tool(server.url("/{{id}}")), model=model)))
        outcome = await done(stage, run)
    assert isinstance(outcome, f.StepCompleted), outcome
    assert outcome.output == "/1\n/2\n/3"
    called, returned = await told(run)
    assert [each.index for each in called] == [0, 1, 2]
    assert [each.output for each in returned] == ["/1", "/2", "/3"]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("says", "code"),
    [
        ("tool=nobody tool_input='{}'", "unknown_tool"),
        ("tool=lookup tool_input='{\"id\":7}'", "bad_arguments"),
        ("tool=lookup tool_input='{}'", "bad_arguments"),
        ('tool=lookup tool_input=\'{"id":".."}\'', "bad_argument"),
    ],
)
async def test_what_cannot_be_called_is_told_to_the_model(
    stage: Stage, says: str, code: str, model: str
) -> None:
    async with OutsideServer(text("never")) as server:
        node = using(f"{says} results", tool(server.url("/{{id}}")), model=model)
        run = await stage.run(chain(node))
        outcome = await done(stage, run)
    assert isinstance(outcome, f.StepCompleted), outcome
    assert "expected" in str(outcome.output)
    _, [returned] = await told(run)
    assert returned.error is not None
    assert (returned.outcome, returned.error.code) == ("error", code)
    assert server.requests == []


async def test_a_tool_that_fails_is_told_and_five_failures_in_a_row_end_the_step(
    stage: Stage,
) -> None:
    async with OutsideServer(answer(500, b"no")) as server:
        says = 'tool=lookup tool_input=\'{"id":"7"}\' again'
        run = await stage.run(chain(using(says, tool(server.url("/")))))
        outcome = await done(stage, run)
    assert isinstance(outcome, f.StepFailed), outcome
    assert (outcome.error.code, outcome.error.retryable) == ("tool_failing", False)
    assert "500" in outcome.error.message
    assert outcome.usage.output_tokens
    assert len(server.requests) == 5


async def test_calls_are_counted_and_failures_logged_without_what_was_said(stage: Stage) -> None:
    labels = ({"kind": "http", "outcome": "ok"}, {"kind": "http", "outcome": "error"})
    before = [metric("penstock_tool_calls_total", **each) for each in labels]
    timed = metric("penstock_tool_call_seconds_count", kind="http")
    async with OutsideServer(text("a secret"), answer(500, b"a secret")) as server:
        says = 'tool=lookup,nobody tool_turns=2 tool_input=\'{"id":"7"}\' text=done'
        run = await stage.run(chain(using(says, tool(server.url("/")))))
        with capture_logs() as lines:
            await done(stage, run)
    after = [metric("penstock_tool_calls_total", **each) for each in labels]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1]
    assert metric("penstock_tool_call_seconds_count", kind="http") == timed + 2
    logged = [line for line in lines if line["event"] == "tool.failed"]
    told = sorted((line["kind"], line["tool"], line["code"]) for line in logged)
    assert told == [("http", "lookup", "http_status"), *2 * [("unknown", "", "unknown_tool")]]
    assert all("secret" not in str(line) and "nobody" not in str(line) for line in lines)


async def test_a_model_that_calls_for_ever_is_ended_by_its_turns(stage: Stage) -> None:
    async with OutsideServer(text("ok")) as server:
        says = 'tool=lookup tool_input=\'{"id":"7"}\' again'
        run = await stage.run(chain(using(says, tool(server.url("/")), max_turns=4)))
        outcome = await done(stage, run)
    assert isinstance(outcome, f.StepFailed), outcome
    assert outcome.error.code == "too_many_turns"
    assert len(server.requests) == 3


async def test_more_calls_than_a_turn_may_have_are_refused_and_told(stage: Stage) -> None:
    async with OutsideServer(text("ok")) as server:
        says = f'tool=lookup tool_count={MOST_A_TURN + 8} tool_input=\'{{"id":"7"}}\' text=done'
        run = await stage.run(chain(using(says, tool(server.url("/")))))
        outcome = await done(stage, run)
    _, returned = await told(run)
    refused = [each.error.code for each in returned if each.error]
    assert refused == ["too_many_calls"] * 8
    assert len(server.requests) == MOST_A_TURN
    # Eight failures in a row: the model did not hear of the bound before.
    assert isinstance(outcome, f.StepFailed)


async def test_a_large_result_stands_beside_the_log_and_is_told_whole(stage: Stage) -> None:
    large = "x" * 100_000
    async with OutsideServer(text(large)) as server:
        says = 'tool=lookup tool_input=\'{"id":"7"}\' results'
        run = await stage.run(chain(using(says, tool(server.url("/")))))
        outcome = await done(stage, run)
    assert isinstance(outcome, f.StepCompleted), outcome
    _, [returned] = await told(run)
    assert not isinstance(returned.output, str)
    assert returned.output.size_bytes == len(large)
    assert outcome.size_bytes == len(large)


async def test_results_of_an_attempt_are_bounded_together(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "LARGEST_TOLD", 1_500)
    async with OutsideServer(text("x" * 1_000)) as server:
        says = 'tool=lookup tool_input=\'{"id":"7"}\' again'
        run = await stage.run(chain(using(says, tool(server.url("/")))))
        outcome = await done(stage, run)
    assert isinstance(outcome, f.StepFailed), outcome
    assert (outcome.error.code, outcome.error.retryable) == ("tool_output_too_large", False)
    assert len(server.requests) == 2
