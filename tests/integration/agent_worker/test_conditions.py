"""Conditions through the real log: which branch, and the text that goes on."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from services.agent_worker.evaluators import Evaluators, Fault, Question
from services.agent_worker.turns import Slow
from shared.flow import JSON
from shared.run import facts as f
from shared.run.content import Blob, ContentRef, InputRef
from tests.eventually import eventually
from tests.integration.agent_worker.stage import Stage, chain, fan_in, template
from tests.unit.agent_worker.test_evaluators import ENDLESS

LIMIT_SECONDS = 10


def condition(node: str, **data: JSON) -> dict[str, object]:
    """A condition with one branch, `yes`."""
    branch = {"handle": "yes", "expression": data.pop("expression")}
    return {"id": node, "type": "condition", "data": {"branches": [branch], **data}}


async def test_a_condition_names_its_branch_and_the_fact_that_carries_its_text(
    stage: Stage,
) -> None:
    run = await stage.run(
        chain(
            template("a", "x"), condition("if", expression="json.score > variables.least.size()")
        ),
        variables={"least": "x"},
    )
    given = await run.completed("a", '{"score": 2}')
    async with stage.working():
        await run.ready("if", given)
        outcome = await run.outcome("if")
    assert isinstance(outcome, f.StepCompleted)
    assert (outcome.branches, outcome.output) == (("yes",), None)
    assert outcome.content == (ContentRef(step=0, attempt=1),)
    assert outcome.output_sha256 == sha256(b'{"score": 2}').hexdigest()
    assert (outcome.size_bytes, outcome.execution) == (12, 1)


async def test_several_inputs_are_judged_as_the_one_text_they_make(stage: Stage) -> None:
    last = condition("if", expression="output == 'one\\n\\ntwo'")
    run = await stage.run(fan_in(last, template("a", "x"), template("b", "x")))
    inputs = [await run.completed("a", "one"), await run.completed("b", "two")]
    async with stage.working():
        await run.ready("if", *inputs)
        outcome = await run.outcome("if")
    assert isinstance(outcome, f.StepCompleted)
    assert outcome.branches == ("yes",)
    assert outcome.content == (ContentRef(step=0, attempt=1), ContentRef(step=1, attempt=1))
    assert outcome.output_sha256 == sha256(b"one\n\ntwo").hexdigest()


async def test_a_condition_nothing_leads_to_judges_the_input_of_the_run(stage: Stage) -> None:
    run = await stage.run(chain(condition("if", expression="output == 'hello'")), input="hello")
    async with stage.working():
        await run.ready("if")
        outcome = await run.outcome("if")
    assert isinstance(outcome, f.StepCompleted)
    assert (outcome.branches, outcome.content) == (("yes",), (ContentRef(step=0, attempt=1),))


async def test_a_text_beside_the_log_is_judged_and_not_stored_again(stage: Stage) -> None:
    run = await stage.run(
        chain(template("a", "{{input}}" * 8), condition("if", expression="size(output) == 80000")),
        input="x" * 10_000,
    )
    async with stage.working():
        await run.ready("a")
        made = await run.outcome("a")
        assert isinstance(made, f.StepCompleted)
        assert isinstance(made.output, Blob)
        await run.ready("if", *_input_of(made))
        outcome = await run.outcome("if")
    assert isinstance(outcome, f.StepCompleted)
    assert (outcome.branches, outcome.output) == (("yes",), None)
    assert (outcome.output_sha256, outcome.size_bytes) == (made.output_sha256, 80_000)


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("json.x.y == 1", "expression_failed"),
        ("json", "expression_not_boolean"),
        (ENDLESS, "expression_timeout"),
    ],
)
async def test_a_fault_fails_the_step_for_good_and_names_the_branch(
    stage: Stage, expression: str, code: str
) -> None:
    node = condition("if", expression=expression, timeout_seconds=1)
    run = await stage.run(chain(node), input="{}")
    async with stage.working():
        await run.ready("if")
        cause = await run.cause("if")
    assert (cause.code, cause.retryable) == (code, False)
    assert code == "expression_timeout" or "branch 'yes'" in cause.message


async def test_an_order_to_stop_ends_an_evaluation_at_once(stage: Stage) -> None:
    endless = condition("if", expression=ENDLESS, timeout_seconds=LIMIT_SECONDS)
    run = await stage.run(chain(endless))
    async with stage.working():
        await run.ready("if")
        await eventually(lambda: run.entries("1.started"))
        await run.stopping()
        outcome = await run.outcome("if")
    assert isinstance(outcome, f.StepCancelled)
    assert outcome.receipt.aborted_after_ms is not None
    assert outcome.receipt.aborted_after_ms < 1_000 * LIMIT_SECONDS


async def test_a_draining_worker_hands_an_evaluation_back(stage: Stage) -> None:
    run = await stage.run(chain(condition("if", expression=ENDLESS)))
    async with stage.working():
        await run.ready("if")
        await eventually(lambda: run.entries("1.started"))
    assert [fact.execution for fact in await run.facts(f.StepReleased)] == [1]


async def test_a_condition_of_a_slow_workspace_is_handed_back_and_comes_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.agent_worker.attempt.SLOW_SECONDS", 0.05)
    run = await stage.run(chain(condition("if", expression="output == 'x'")), input="x")
    evaluators = _SlowAtFirst()
    async with stage.working(replace(stage.equipment(), evaluators=evaluators)):
        await run.ready("if")
        outcome = await run.outcome("if")
    assert isinstance(outcome, f.StepCompleted)
    assert (outcome.branches, outcome.execution) == (("yes",), 1)
    assert evaluators.asked == [run.address.workspace] * 3
    assert len(await run.facts(f.StepStarted)) == 1


async def test_a_condition_that_waits_behind_its_own_workspace_is_released(stage: Stage) -> None:
    run = await stage.run(chain(condition("if", expression="output == 'x'")), input="x")
    async with stage.working(replace(stage.equipment(), evaluators=_SentAwayAtFirst())):
        await run.ready("if")
        outcome = await run.outcome("if")
    assert isinstance(outcome, f.StepCompleted)
    assert (outcome.branches, outcome.execution) == (("yes",), 2)
    assert [fact.execution for fact in await run.facts(f.StepReleased)] == [1]


class _SlowAtFirst(Evaluators):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def is_slow(self, workspace: str) -> bool:
        self.asked.append(workspace)
        return len(self.asked) < 3


class _SentAwayAtFirst(Evaluators):
    is_first = True

    async def first_that_holds(self, question: Question, seconds: float) -> str | Fault:
        if self.is_first:
            self.is_first = False
            raise Slow
        return await super().first_that_holds(question, seconds)


def _input_of(made: f.StepCompleted) -> list[InputRef]:
    return [InputRef(step=made.step, node=made.node, attempt=made.attempt)]
