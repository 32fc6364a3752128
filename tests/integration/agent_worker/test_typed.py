"""Answers that have a schema: they fit, are mended once, or fail their step."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.agent_worker.model.typed import mending
from shared.run import facts as f
from tests.eventually import eventually
from tests.integration.agent_worker.stage import Run, Stage, agent, chain

VERDICT: dict[str, Any] = {
    "type": "object",
    "properties": {"verdict": {"enum": ["good", "bad"]}, "score": {"type": "number"}},
    "required": ["verdict", "score"],
    "additionalProperties": False,
}
GOOD = '{"verdict":"good","score":0.9}'
ONCE = {"max_attempts": 1}
MODELS = ["claude-haiku-5-5", "openai/gpt-4.1"]


def typed(says: str, **data: Any) -> dict[str, object]:
    """An agent whose answer is a verdict, in a flow that the api made."""
    given = {"output_schema": VERDICT, "fallback_on_refusal": False, "retry": ONCE, **data}
    return agent("a", f"Judge it. [[sim: {says} rate=0]]", **given)


async def done(stage: Stage, run: Run) -> f.StepFinished:
    async with stage.working():
        await run.ready("a")
        return await run.outcome("a")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "answer", [GOOD, f"```json\n{GOOD}\n```", f"  {GOOD}\n"], ids=["alone", "fenced", "spaced"]
)
async def test_an_answer_that_fits_is_the_output_as_json_alone(
    stage: Stage, answer: str, model: str
) -> None:
    run = await stage.run(chain(typed(f"text={json.dumps(answer)}", model=model)))
    outcome = await done(stage, run)
    assert isinstance(outcome, f.StepCompleted)
    assert isinstance(outcome.output, str)
    assert (json.loads(outcome.output), outcome.is_json) == (json.loads(GOOD), True)
    assert not outcome.output.startswith("`")
    assert len(await stage.calls()) == 1


async def test_a_model_is_told_the_schema_or_asked_for_it(stage: Stage) -> None:
    for model in MODELS:
        run = await stage.run(chain(typed(f"text='{GOOD}'", model=model)))
        await done(stage, run)
    told, asked = await stage.calls()
    assert "additionalProperties" in str(told["system"])
    assert "additionalProperties" not in str(asked["messages"])
    form: Any = asked["response_format"]
    assert form["json_schema"]["schema"] == VERDICT


@pytest.mark.parametrize("model", MODELS)
async def test_an_answer_that_does_not_fit_is_mended_by_one_more_turn(
    stage: Stage, model: str
) -> None:
    says = f"text='Well, good.' times=1 key={model} rate=0]] [[sim: text='{GOOD}'"
    node = typed(says, model=model)
    run = await stage.run(chain(node))
    outcome = await done(stage, run)
    assert isinstance(outcome, f.StepCompleted)
    assert isinstance(outcome.output, str)
    assert json.loads(outcome.output) == json.loads(GOOD)
    first, second = await run.facts(f.StepTurn)
    assert (first.text, second.text) == ("Well, good.", GOOD)
    # The text that readers have is that of the last turn.
    text = ""
    for delta in await run.facts(f.StepDelta):
        text = text[: delta.offset] + delta.text
    assert text == GOOD
    _, asked_again = await stage.calls()
    last: Any = asked_again["messages"]
    assert last[-1]["role"] == "user"
    assert "does not fit" in str(last[-1]["content"])


@pytest.mark.parametrize("model", MODELS)
async def test_an_answer_that_does_not_fit_twice_fails_the_step_with_the_path(
    stage: Stage, model: str
) -> None:
    wrong = '{"verdict":"good","score":"high"}'
    run = await stage.run(chain(typed(f"text='{wrong}'", model=model, retry={"max_attempts": 5})))
    outcome = await done(stage, run)
    assert isinstance(outcome, f.StepFailed)
    assert (outcome.error.code, outcome.error.retryable) == ("output_invalid", False)
    assert "/score" in outcome.error.message
    assert len(await run.facts(f.StepTurn)) == 2
    assert outcome.usage.output_tokens > 0


async def test_who_goes_on_behind_a_refused_answer_asks_the_same(stage: Stage) -> None:
    node = typed(f"text='{GOOD}'")
    run = await stage.run(chain(node))
    await run.append(run.started("a", 1))
    refused = f.StepTurn(
        **run.step("a"), turn=1, execution=1, model="claude-haiku-5-5", text="Well, good.",
        content='[{"type":"text","text":"Well, good."}]', stop_reason="end_turn",
    )  # fmt: skip
    await run.append(refused)
    async with stage.working():
        await run.ready("a")
        # A first delivery looks for nothing before it: its start is refused, and it comes again.
        outcome = await run.outcome("a")
    assert isinstance(outcome, f.StepCompleted)
    [asked] = await stage.calls()
    messages: Any = asked["messages"]
    said = messages[-1]["content"]
    expected = mending(["expected JSON, got Well, good."])
    assert str(said).splitlines()[0] == expected.splitlines()[0]
    assert [each["role"] for each in messages] == ["user", "assistant", "user"]
    assert len(await run.facts(f.StepTurn)) == 2


async def test_a_pattern_that_backtracks_ends_the_step_and_nobody_else(stage: Stage) -> None:
    schema = {"type": "string", "pattern": "^(a+)+$"}
    answer = json.dumps("a" * 64 + "!")
    slow = typed(f"text='{answer}'", output_schema=schema)
    run = await stage.run(chain(slow))
    other = await stage.run(chain(typed(f"text='{GOOD}'")))
    async with stage.working():
        await run.ready("a")
        await other.ready("a")
        assert isinstance(await other.outcome("a"), f.StepCompleted)
        cause = await run.cause("a")
    assert cause.code == "schema_timeout"


async def test_a_run_that_is_told_to_stop_waits_for_no_check(stage: Stage) -> None:
    schema = {"type": "string", "pattern": "^(a+)+$"}
    answer = json.dumps("a" * 64 + "!")
    run = await stage.run(chain(typed(f"text='{answer}'", output_schema=schema)))
    async with stage.working():
        await run.ready("a")
        await eventually(lambda: run.facts(f.StepTurn))
        await run.stopping()
        assert isinstance(await run.outcome("a"), f.StepCancelled)


async def test_an_older_flow_with_a_field_of_that_name_answers_as_it_did(stage: Stage) -> None:
    node = agent("a", "Hi [[sim: text=words rate=0]]", output_schema="was a note of somebody's")
    run = await stage.run(chain(node), stored=True)
    outcome = await done(stage, run)
    assert isinstance(outcome, f.StepCompleted)
    assert (outcome.output, outcome.is_json) == ("words", False)
