"""What steps read of answers that are JSON: templates, conditions, merges."""

from __future__ import annotations

from typing import Any

import pytest

from shared.run import facts as f
from tests.integration.agent_worker.stage import Run, Stage, agent, chain, fan_in, template

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "score": {"type": "number"},
        "note": {"type": "string"},
        "items": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
    },
}
ANSWER = '{"score": 0.90, "items": [{"name": "é", "of": {"n": 1}}], "note": "two\\nlines"}'


def typed(node: str) -> dict[str, object]:
    """An agent whose answer has a schema, as the api makes it."""
    return agent(node, "x", output_schema=SCHEMA, fallback_on_refusal=False)


def condition(*expressions: str) -> dict[str, object]:
    """A condition of these branches, called h1, h2, ..."""
    branches = [{"handle": f"h{n}", "expression": e} for n, e in enumerate(expressions, 1)]
    return {"id": "c", "type": "condition", "data": {"branches": branches}}


async def filled(stage: Stage, text: str, answer: str) -> Run:
    """A run whose template `t` reads the answer of `a`, two steps before it."""
    run = await stage.run(chain(typed("a"), template("b", "between"), template("t", text)))
    await run.completed("a", answer, is_json=True)
    await run.ready("t", await run.completed("b", "between"))
    return run


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("{{nodes.a.json.score}}", "0.9"),
        ("{{nodes.a.json.note}}|{{nodes.a.json.items.0.name}}", "two\nlines|é"),
        ("{{nodes.a.json.items}}", '[{"name":"é","of":{"n":1}}]'),
        ("{{nodes.a.json.items.0.of.n}} {{nodes.a.json.items.7.of}}!", "1 !"),
        ("{{nodes.a.json}} {{nodes.a.output}}", f"""\
{{"score":0.9,"items":[{{"name":"é","of":{{"n":1}}}}],"note":"two\\nlines"}} {ANSWER}"""),
    ],
)  # fmt: skip
async def test_a_template_reads_what_is_at_a_path(stage: Stage, text: str, output: str) -> None:
    run = await filled(stage, text, ANSWER)
    async with stage.working():
        assert await run.output("t") == output


async def test_a_member_that_is_not_there_is_empty(stage: Stage) -> None:
    run = await filled(stage, "[{{nodes.a.json.note}}][{{nodes.a.json.items.0.name}}]", "{}")
    async with stage.working():
        assert await run.output("t") == "[][]"


async def test_a_text_that_no_store_keeps_is_made_fit(stage: Stage) -> None:
    run = await filled(stage, "{{nodes.a.json.note}}", '{"note": "a\\u0000b\\ud800"}')
    async with stage.working():
        assert await run.output("t") == "a\ufffdb\ufffd"


async def test_what_comes_in_is_read_by_its_path(stage: Stage) -> None:
    run = await stage.run(chain(typed("a"), template("t", "{{input.json.score}}")))
    async with stage.working():
        await run.ready("t", await run.completed("a", ANSWER, is_json=True))
        assert await run.output("t") == "0.9"


async def test_two_answers_at_once_are_no_json(stage: Stage) -> None:
    run = await stage.run(fan_in(template("t", "{{input.json.score}}"), typed("a"), typed("b")))
    inputs = [await run.completed(node, ANSWER, is_json=True) for node in ("a", "b")]
    async with stage.working():
        await run.ready("t", *inputs)
        cause = await run.cause("t")
    assert (cause.code, cause.retryable) == ("not_json", False)
    assert cause.message.startswith("expected what comes in to be JSON, came ")


async def test_of_two_inputs_the_one_that_came_is_read(stage: Stage) -> None:
    text = "{{input.json.score}}[{{nodes.b.json}}]"
    run = await stage.run(fan_in(template("t", text), typed("a"), typed("b")))
    async with stage.working():
        await run.ready("t", await run.completed("a", ANSWER, is_json=True))
        assert await run.output("t") == "0.9[]"


@pytest.mark.parametrize(
    "expression",
    [
        "nodes.a.json.score > 0.5",
        "nodes.a.json.items.exists(i, i.name == 'é') && output == 'between'",
        "nodes.a.output.contains('0.90') && nodes['a'].json.items[0].of.n == 1",
        "has(nodes.a.json.note) && !has(nodes.a.json.items[0].note)",
    ],
)
async def test_a_condition_reads_answers_further_up(stage: Stage, expression: str) -> None:
    first = condition("nodes.a.json.score == 0", expression)
    run = await stage.run(chain(typed("a"), template("b", "between"), first))
    await run.completed("a", ANSWER, is_json=True)
    async with stage.working():
        await run.ready("c", await run.completed("b", "between"))
        outcome = await run.outcome("c")
    assert isinstance(outcome, f.StepCompleted), outcome
    assert outcome.branches == ("h2",)


@pytest.mark.parametrize(
    ("expression", "answer", "code", "words"),
    [
        ("nodes.a.json.note == ''", "{}", "expression_failed", "there is no 'note'"),
        ("nodes.a.json.note == ''", "", "expression_failed", "asked of what has none"),
        ("nodes.a.output == ''", "a\0b", "expression_failed", "NUL"),
    ],
)
async def test_a_condition_that_reads_what_is_not_there_fails(
    stage: Stage, expression: str, answer: str, code: str, words: str
) -> None:
    run = await stage.run(chain(typed("a"), template("b", "b"), condition(expression)))
    await run.completed("a", answer, is_json=True)
    async with stage.working():
        await run.ready("c", await run.completed("b", "b"))
        cause = await run.cause("c")
    assert (cause.code, words in cause.message) == (code, True), cause


async def test_a_skipped_node_is_an_empty_text_and_null(stage: Stage) -> None:
    asked = condition("nodes.a.output == '' && nodes.a.json == null")
    raw: dict[str, Any] = chain(typed("a"), template("b", "b"), asked)
    run = await stage.run(raw)
    step = {key: value for key, value in run.step("a").items() if key != "attempt"}
    await run.append(f.StepSkipped.model_validate(step))
    async with stage.working():
        await run.ready("c", await run.completed("b", "b"))
        outcome = await run.outcome("c")
    assert isinstance(outcome, f.StepCompleted), outcome
    assert outcome.branches == ("h1",)


async def test_a_merge_as_json_keeps_answers_as_they_are(stage: Stage) -> None:
    merge: dict[str, object] = {"id": "m", "type": "merge", "data": {"strategy": "json"}}
    run = await stage.run(fan_in(merge, typed("a"), template("b", "x")))
    inputs = [await run.completed("a", ANSWER, is_json=True), await run.completed("b", "{}")]
    async with stage.working():
        await run.ready("m", *inputs)
        outcome = await run.outcome("m")
    assert isinstance(outcome, f.StepCompleted)
    assert outcome.output == f'{{"a": {ANSWER}, "b": "{{}}"}}'
    assert outcome.is_json


async def test_a_merge_of_texts_is_what_it_was(stage: Stage) -> None:
    merge: dict[str, object] = {"id": "m", "type": "merge", "data": {"strategy": "json"}}
    run = await stage.run(fan_in(merge, template("a", "x"), template("b", "x")))
    inputs = [await run.completed(node, '{"a": 1}') for node in ("a", "b")]
    async with stage.working():
        await run.ready("m", *inputs)
        outcome = await run.outcome("m")
    assert isinstance(outcome, f.StepCompleted)
    assert outcome.output == r'{"a": "{\"a\": 1}", "b": "{\"a\": 1}"}'
    assert not outcome.is_json
