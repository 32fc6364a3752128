"""Workers that die, hand back, come second, or are told to stop: judged from the log."""

import asyncio
import json
from dataclasses import replace

import pytest

from shared.flow import Flow
from shared.log import connect
from shared.log.flows import Flows
from shared.log.subjects import AttemptKey
from shared.run import facts as f
from shared.run.content import Receipt
from shared.run.ending import cause_of_end
from tests.cost import elapsed_cost
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.agent_worker.stage import Run, Stage, agent, chain, template

FOREVER = "[[sim: forever rate=100/s]]"


async def streaming(stage: Stage, run: Run) -> None:
    """Returns once the model's words are in the log."""
    await eventually(lambda: run.facts(f.StepDelta))


SEARCH = [
    {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "x"}},
    {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": []},
]


def turn(run: Run, text: str, stop_reason: str) -> f.StepTurn:
    """The first turn, which an execution before recorded."""
    ids = run.step("a")
    content = json.dumps([{"type": "text", "text": text}, *SEARCH])
    return f.StepTurn(
        **ids, turn=1, execution=1, model="m", content=content, stop_reason=stop_reason
    )


async def aborted(stage: Stage, order: str = "stopping") -> tuple[Run, f.StepCancelled]:
    """A run whose model speaks for ever, and what came of the order to stop."""
    run = await stage.run(chain(agent("a", FOREVER)))
    async with stage.working():
        await run.ready("a")
        await streaming(stage, run)
        if order == "cancel":
            await run.append(f.RunCancelRequested(**run.ids()))
        elif order == "end":
            await run.append(f.RunFailed(**run.ids(), error=cause_of_end("a trial")))
        else:
            await run.stopping()
        outcome = await run.outcome("a")
    assert isinstance(outcome, f.StepCancelled)
    return run, outcome


async def test_a_model_connection_is_closed_about_as_fast_as_a_call_is_answered(
    stage: Stage,
) -> None:
    outcomes = [(await aborted(stage))[1] for _ in range(3)]
    took = [(each.receipt.aborted_after_ms or 0) / 1_000 for each in outcomes]
    assert 0 < min(took) < 20 * await elapsed_cost(stage.calls)


@pytest.mark.parametrize("order", ["cancel", "stopping", "end"])
async def test_an_order_to_stop_closes_the_model_connection_and_leaves_a_receipt(
    stage: Stage, order: str
) -> None:
    run, outcome = await aborted(stage, order)
    assert outcome.receipt.usage.input_tokens > 0
    told = "".join(delta.text for delta in await run.facts(f.StepDelta))
    assert outcome.receipt.text == told != ""

    async def hung_up() -> bool:
        return [call["outcome"] for call in await stage.calls()] == ["client_gone"]

    await eventually(hung_up)


async def test_a_silent_model_is_aborted_too(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", "[[sim: silent]]")))
    async with stage.working():
        await run.ready("a")
        await eventually(stage.calls)
        await run.stopping()
        assert isinstance(await run.outcome("a"), f.StepCancelled)


async def test_a_step_told_to_stop_while_its_inputs_are_read_never_begins(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", FOREVER)))
    asked = asyncio.Event()

    class Slow(Flows):
        async def flow(self, version: str) -> Flow:
            asked.set()
            await asyncio.Event().wait()
            return await super().flow(version)

    async with stage.working(replace(stage.equipment(), flows=Slow(stage.store))):
        await run.ready("a")
        await asked.wait()
        await run.append(f.RunCancelRequested(**run.ids()))
        outcome = await run.outcome("a")
    assert isinstance(outcome, f.StepCancelled)
    assert (outcome.execution, outcome.receipt) == (None, Receipt())
    assert await run.entries("started") == []
    assert await stage.calls() == []


async def test_a_finished_step_or_run_that_comes_again_does_nothing(stage: Stage) -> None:
    done = await stage.run(chain(agent("a", "Hi")))
    await done.completed("a", "already")
    over = await stage.run(chain(agent("a", "Hi")))
    await over.finished()
    for run in (done, over):
        await run.ready("a")
    later = await stage.run(chain(template("b", "x")))
    async with stage.working(slots=1):
        await later.ready("b")
        await later.outcome("b")
    assert await stage.calls() == []
    assert [entry.rest for entry in await over.entries("started")] == []


async def test_a_run_that_left_the_log_is_owed_nothing(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", "Hi")))
    [requested] = await run.entries("requested")
    await stage.store.delete([requested.sequence])
    await run.ready("a")
    async with stage.working(drain_seconds=5):
        other = await stage.run(chain(agent("a", "[[sim: text=ok rate=0]]")))
        await other.ready("a")
        await other.outcome("a")
    assert len(await stage.calls()) == 1
    assert len(await run.entries()) == 1


async def test_a_lost_worker_s_step_is_executed_again(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", "[[sim: text=again rate=0]]")))
    await run.append(run.started("a", 1))
    async with stage.working():
        await run.ready("a")
        outcome = await run.outcome("a")
    assert (outcome.execution, await run.output("a")) == (2, "again")
    assert {delta.execution for delta in await run.facts(f.StepDelta)} == {2}


async def test_an_execution_goes_on_behind_the_last_recorded_turn(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", "[[sim: text=World rate=0]]")))
    await run.append(run.started("a", 1))
    await run.append(turn(run, "Hello ", "pause_turn"))
    async with stage.working():
        await run.ready("a")
        assert await run.output("a") == "Hello World"
    [call] = await stage.calls()
    assert isinstance(messages := call["messages"], list)
    assert messages[1] == {
        "role": "assistant",
        "content": [{"type": "text", "text": "Hello "}, *SEARCH],
    }
    [delta] = await run.facts(f.StepDelta)
    assert (delta.offset, delta.text) == (6, "World")


async def test_an_answer_that_was_whole_is_not_asked_for_again(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", "Hi")))
    await run.append(run.started("a", 1))
    await run.append(turn(run, "paid for", "end_turn"))
    async with stage.working():
        await run.ready("a")
        assert await run.output("a") == "paid for"
    assert await stage.calls() == []


async def test_a_paused_turn_is_sent_back_unchanged(stage: Stage) -> None:
    marker = (
        "[[sim: text=One. stop_reason=pause_turn times=1 key=k rate=0]] [[sim: text=Two. rate=0]]"
    )
    run = await stage.run(chain(agent("a", marker, tools=["web_search"])))
    async with stage.working():
        await run.ready("a")
        assert await run.output("a") == "One.Two."
    first, second = await run.facts(f.StepTurn)
    assert (first.turn, first.stop_reason, second.turn) == (1, "pause_turn", 2)
    assert isinstance(first.content, str)
    messages = (await stage.calls())[1]["messages"]
    assert isinstance(messages, list)
    assert messages[1] == {"role": "assistant", "content": json.loads(first.content)}


async def test_a_step_that_keeps_losing_workers_is_poison(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", "Hi")))
    for number in (1, 2, 3):
        await run.append(run.started("a", number, alone=number == 3))
    async with stage.working():
        await run.ready("a")
        cause = await run.cause("a")
    assert (cause.code, cause.retryable) == ("poison", False)
    assert await stage.calls() == []


async def test_released_executions_are_no_losses(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", "[[sim: text=ok rate=0]]")))
    for number in (1, 2, 3):
        await run.append(run.started("a", number))
        await run.append(f.StepReleased(**run.step("a"), execution=number, worker="lost"))
    async with stage.working():
        await run.ready("a")
        assert (await run.outcome("a")).execution == 4


async def test_a_step_that_another_worker_is_at_is_left_to_it(
    stage: Stage, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.log.jetstream.question._ANSWER_SECONDS", PATIENCE_SECONDS)
    run = await stage.run(chain(agent("a", "Hi")))
    await run.append(run.started("a", 1))
    asked: list[AttemptKey] = []

    def executing(key: AttemptKey) -> bool:
        asked.append(key)
        return True

    async with connect(nats_url, name="other") as other, other.answer_alive(executing):
        await run.ready("a")
        async with stage.working():
            await eventually(lambda: asked)
    assert asked[0] == AttemptKey("default", run.address.run, 0, 1)
    assert len(await run.entries("started")) == 1


async def test_a_draining_worker_hands_its_step_back_and_another_takes_it(stage: Stage) -> None:
    marker = "[[sim: forever rate=100/s times=1 key=k]] [[sim: text=done rate=0]]"
    run = await stage.run(chain(agent("a", marker)))
    async with stage.working(stage.equipment(worker="first")):
        await run.ready("a")
        await streaming(stage, run)
    assert [fact.worker for fact in await run.facts(f.StepReleased)] == ["first"]
    async with stage.working(stage.equipment(worker="second")):
        assert await run.output("a") == "done"
    assert [fact.worker for fact in await run.facts(f.StepStarted)] == ["first", "second"]


async def test_a_draining_worker_finishes_what_it_can(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", "[[sim: words=10 rate=20/s]]")))
    async with stage.working(drain_seconds=20):
        await run.ready("a")
        await streaming(stage, run)
    assert isinstance(await run.outcome("a"), f.StepCompleted)
    assert await run.facts(f.StepReleased) == []


async def test_of_two_outcomes_the_first_stands(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", "[[sim: sleep=300ms words=3 rate=0]]")))
    async with stage.working():
        await run.ready("a")
        await eventually(stage.calls)
        await run.append(f.StepCompleted(**run.step("a"), execution=9, output="first"))
    assert await run.output("a") == "first"
    assert len(await run.entries("finished")) == 1


async def test_of_two_turns_the_first_is_gone_on_from(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", "[[sim: sleep=300ms text=mine rate=0]]")))
    async with stage.working(drain_seconds=10):
        await run.ready("a")
        await eventually(stage.calls)
        await run.append(turn(run, "theirs", "end_turn"))
    assert await run.output("a") == "theirs"


async def test_a_corrupt_step_is_parked_and_the_worker_goes_on(stage: Stage) -> None:
    run = await stage.run(chain(template("a", "x"), template("b", "{{input}}")))
    missing = await run.completed("a", "x")
    [finished] = await run.entries("finished")
    await stage.store.delete([finished.sequence])
    await run.ready("b", missing)
    other = await stage.run(chain(template("a", "fine")))
    async with stage.working():
        await other.ready("a")
        assert await other.output("a") == "fine"
    assert await run.entries("started") == []
