"""Calls whose worker died, or that two workers make: none is made twice in vain."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from services.agent_worker import attempt
from services.agent_worker.kinds.calling import UNKNOWN
from shared.log.subjects import StepKey
from shared.run import facts as f
from tests.eventually import eventually
from tests.integration.agent_worker.stage import Run, Stage, chain
from tests.integration.agent_worker.tooling import MODELS, done, equipped, told, tool, using
from tests.outside import OutsideServer, Received, Respond, text


@pytest.fixture(autouse=True)
def _asked_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A first delivery looks for nothing before it: its start is refused, and it comes again."""
    monkeypatch.setattr(attempt, "ALIVE_ELSEWHERE_SECONDS", 0.1)


def turn(run: Run) -> f.StepTurn:
    """A turn that asks for one call."""
    use = {"type": "tool_use", "id": "toolu_1", "name": "lookup", "input": {"id": "7"}}
    return f.StepTurn(
        **run.step("a"), turn=1, execution=1, model=MODELS[0], text="",
        content=json.dumps([use]), stop_reason="tool_use",
    )  # fmt: skip


def called(run: Run, execution: int) -> f.ToolCalled:
    return f.ToolCalled(
        **run.step("a"), turn=1, index=0, execution=execution, tool="lookup",
        call_id="toolu_1", input='{"id":"7"}', idempotency_key="k",
    )  # fmt: skip


async def left(stage: Stage, definition: dict[str, object], lost: int) -> Run:
    """A run whose worker was lost so often while it made the call."""
    run = await stage.run(chain(using("results", definition)))
    await run.append(turn(run))
    for execution in range(1, lost + 1):
        await run.append(run.started("a", execution))
        await run.append(called(run, execution))
    return run


@pytest.mark.parametrize(
    ("method", "policy"),
    [("GET", {}), ("POST", {"idempotent": True}), ("POST", {"on_lost": "retry"})],
)
async def test_a_lost_call_that_may_be_repeated_is_made_again(
    stage: Stage, method: str, policy: dict[str, object]
) -> None:
    async with OutsideServer(text("here")) as server:
        definition = tool(server.url("/"), method=method, policy=policy)
        run = await left(stage, definition, lost=1)
        outcome = await done(stage, run)
    assert isinstance(outcome, f.StepCompleted), outcome
    assert outcome.output == "here"
    assert [each.execution for each in await run.facts(f.ToolCalled)] == [1, outcome.execution]
    assert len(server.requests) == 1
    assert server.requests[0].headers["idempotency-key"] == f"{run.address.run}.0.1.1.0"


async def test_a_lost_call_that_may_not_be_repeated_is_told_as_unknown(stage: Stage) -> None:
    async with OutsideServer(text("never")) as server:
        run = await left(stage, tool(server.url("/"), method="POST"), lost=1)
        outcome = await done(stage, run)
    assert isinstance(outcome, f.StepCompleted), outcome
    assert outcome.output == UNKNOWN
    _, [returned] = await told(run)
    assert (returned.outcome, returned.error) == ("unknown", None)
    assert server.requests == []


async def test_a_lost_call_fails_the_step_where_its_policy_says_so(stage: Stage) -> None:
    async with OutsideServer(text("never")) as server:
        run = await left(stage, tool(server.url("/"), policy={"on_lost": "fail"}), lost=1)
        outcome = await done(stage, run)
    assert isinstance(outcome, f.StepFailed), outcome
    assert (outcome.error.code, outcome.error.retryable) == ("tool_lost", False)
    assert server.requests == []


async def test_a_call_that_was_lost_three_times_has_failed(stage: Stage) -> None:
    async with OutsideServer(text("never")) as server:
        run = await left(stage, tool(server.url("/")), lost=3)
        outcome = await done(stage, run)
    assert isinstance(outcome, f.StepCompleted), outcome
    _, [returned] = await told(run)
    assert returned.error is not None
    assert returned.error.code == "tool_lost"
    assert server.requests == []


async def test_a_call_that_returned_is_told_again_and_not_made(stage: Stage) -> None:
    async with OutsideServer(text("never")) as server:
        run = await left(stage, tool(server.url("/")), lost=1)
        first = f.ToolReturned(
            **run.step("a"), turn=1, index=0, execution=1, tool="lookup",
            call_id="toolu_1", outcome="ok", output="from before", seconds=1,
        )  # fmt: skip
        await run.append(first)
        outcome = await done(stage, run)
    assert isinstance(outcome, f.StepCompleted), outcome
    assert outcome.output == "from before"
    assert server.requests == []


def holding(held: asyncio.Event, free: asyncio.Event) -> Respond:
    """An answer that waits to be let go; `held` once it was asked for."""

    async def respond(request: Received, writer: asyncio.StreamWriter) -> None:
        held.set()
        await free.wait()
        writer.write(text("at last"))

    return respond


async def test_who_records_second_goes_on_from_the_result_that_stands(stage: Stage) -> None:
    held, free = asyncio.Event(), asyncio.Event()
    async with OutsideServer(holding(held, free)) as server:
        node = using('tool=lookup tool_input=\'{"id":"7"}\' results', tool(server.url("/")))
        run = await stage.run(chain(node))
        async with equipped(stage) as equipment, stage.working(equipment):
            await run.ready("a")
            await held.wait()
            [call] = await run.facts(f.ToolCalled)
            first = f.ToolReturned(
                **run.step("a"), turn=1, index=0, execution=9, tool="lookup",
                call_id=call.call_id, outcome="ok", output="the other's",
            )  # fmt: skip
            await run.append(first)
            free.set()
            outcome = await run.outcome("a")
    assert isinstance(outcome, f.StepCompleted), outcome
    assert outcome.output == "the other's"


async def test_a_call_that_may_not_be_repeated_is_left_to_who_began_it_first(stage: Stage) -> None:
    async with OutsideServer(text("once")) as server:
        definition = tool(server.url("/"), method="POST")
        node = using('tool=lookup tool_input=\'{"id":"7"}\' results', definition)
        run = await stage.run(chain(node))
        key = StepKey(0, 1)
        async with equipped(stage) as equipment, stage.working(equipment):
            # Another execution, which this one knows nothing of, has begun the same call.
            await run.append(called(run, 7))
            await run.ready("a")

            async def handed_back() -> bool:
                return bool(await run.entries(key.released(1).rpartition(".")[2]))

            await eventually(handed_back)
            outcome = await run.outcome("a")  # then it is one that was lost
    assert isinstance(outcome, f.StepCompleted), outcome
    assert server.requests == []
    _, [returned] = await told(run)
    assert returned.outcome == "unknown"


async def test_a_worker_that_drains_waits_for_a_call_that_may_not_be_repeated(stage: Stage) -> None:
    held, free = asyncio.Event(), asyncio.Event()
    async with OutsideServer(holding(held, free)) as server, equipped(stage) as equipment:
        definition = tool(server.url("/"), method="POST")
        node = using('tool=lookup tool_input=\'{"id":"7"}\' results', definition)
        run = await stage.run(chain(node))
        async with stage.working(equipment):
            await run.ready("a")
            await held.wait()
            asyncio.get_running_loop().call_later(4, free.set)  # longer than it waits for others
        _, [returned] = await told(run)
        assert (returned.outcome, returned.output) == ("ok", "at last")
        assert len(await run.entries("released")) == 1
        # Another goes on behind it.
        async with stage.working(replace(equipment, providers=stage.equipment().providers)):
            outcome = await run.outcome("a")
    assert isinstance(outcome, f.StepCompleted), outcome
    assert outcome.output == "at last"
    assert len(server.requests) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_run_that_is_cancelled_does_not_wait_for_its_calls(
    stage: Stage, method: str
) -> None:
    held, free = asyncio.Event(), asyncio.Event()
    async with OutsideServer(holding(held, free)) as server:
        node = using('tool=lookup tool_input=\'{"id":"7"}\'', tool(server.url("/"), method=method))
        run = await stage.run(chain(node))
        async with equipped(stage) as equipment, stage.working(equipment):
            await run.ready("a")
            await held.wait()
            await run.stopping()
            outcome = await run.outcome("a")
        assert isinstance(outcome, f.StepCancelled)
        assert not free.is_set()
        free.set()


async def test_a_call_that_ends_the_attempt_cuts_no_other_off(stage: Stage) -> None:
    held, free = asyncio.Event(), asyncio.Event()
    async with OutsideServer(holding(held, free)) as server:
        lost = tool(server.url("/"), name="lookup", policy={"on_lost": "fail"})
        order = tool(server.url("/order"), name="order", method="POST")
        run = await stage.run(chain(using("results", lost, order)))
        both = [
            {"type": "tool_use", "id": f"toolu_{name}", "name": name, "input": {"id": "7"}}
            for name in ("lookup", "order")
        ]
        await run.append(turn(run).model_copy(update={"content": json.dumps(both)}))
        await run.append(run.started("a", 1))
        await run.append(called(run, 1))
        async with equipped(stage) as equipment, stage.working(equipment):
            await run.ready("a")
            await held.wait()
            free.set()
            outcome = await run.outcome("a")
    assert isinstance(outcome, f.StepFailed)
    assert outcome.error.code == "tool_lost"
    _, [returned] = await told(run)
    assert (returned.tool, returned.outcome, returned.output) == ("order", "ok", "at last")
