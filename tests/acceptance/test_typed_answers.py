"""Typed answers on a whole stack: what comes behind reads them, and so do clients and forks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from penstock_client import Penstock, RejectedError, Run

from shared.flow import JSON
from tests.acceptance.forks import Asked
from tests.stack import RunningStack
from tests.unit.flow.drawing import Drawn, drawing, edge, node

TICKET: dict[str, JSON] = {
    "type": "object",
    "properties": {
        "urgency": {"type": "number"},
        "customer": {"$ref": "#/$defs/customer"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "order": {"type": ["string", "null"]},
    },
    "required": ["urgency", "customer"],
    "additionalProperties": False,
    "$defs": {"customer": {"type": "object", "properties": {"name": {"type": "string"}}}},
}
ANSWER = {"urgency": 0.9, "customer": {"name": "Ada"}, "tags": ["bill", "late"]}
BRANCHES: list[JSON] = [
    {"handle": "urgent", "expression": "nodes.extract.json.urgency >= 0.8"},
    {"handle": "known", "expression": "has(nodes.extract.json.order)"},
]


def extractor(answer: object) -> Drawn:
    script = f"[[sim: text='{json.dumps(answer)}' rate=0]]"
    return node("extract", "agent", instructions=f"Extract. {script}", output_schema=TICKET)


def flow(answer: object) -> Drawn:
    """An extractor whose answer steers a condition two steps further, and is told by a template."""
    told = "{{nodes.extract.json.customer.name}} ({{nodes.extract.json.tags.1}}): {{input}}"
    nodes = [
        extractor(answer),
        node("thanks", template="Thanks."),
        node("route", "condition", branches=BRANCHES),
        node("now", template=f"At once, {told}[{{{{nodes.extract.json.order}}}}]"),
        node("later", template=f"Later, {told}"),
    ]
    ways = [edge("extract", "thanks"), edge("thanks", "route")]
    ends = [edge("route", "now", "urgent"), edge("route", "later", "else")]
    return drawing(nodes, [*ways, *ends])


@pytest.mark.parametrize(
    ("answer", "output"),
    [
        (ANSWER, "At once, Ada (late): Thanks.[]"),
        ({**ANSWER, "order": "A-17"}, "At once, Ada (late): Thanks.[A-17]"),
        ({**ANSWER, "order": None}, "At once, Ada (late): Thanks.[null]"),
        ({"urgency": 0, "customer": {}}, "Later,  (): Thanks."),
    ],
)
async def test_an_answer_steers_what_comes_behind(
    stack: RunningStack, answer: dict[str, Any], output: str
) -> None:
    async with stack.client() as client:
        run = await Asked(stack, client).run(flow(answer))
        assert (run.status, run.output, run.is_json) == ("completed", output, False)
        steps = {step.node: step async for step in client.runs.steps(run.run_id)}
        assert {name for name, step in steps.items() if step.is_json} == {"extract"}
        assert steps["extract"].output_json == answer
        assert [step.node for step in run.steps if step.is_json] == ["extract"]


async def test_a_result_that_is_json_says_so(stack: RunningStack) -> None:
    nodes = [extractor(ANSWER), node("ok", "output")]
    async with stack.client() as client:
        run = await Asked(stack, client).run(drawing(nodes, [edge("extract", "ok")]))
        assert (run.is_json, run.output_json) == (True, ANSWER)
        assert all(step.is_json for step in run.steps)


async def test_what_is_kept_of_a_run_stays_json(stack: RunningStack) -> None:
    merge = node("both", "merge", strategy="json")
    nodes = [extractor(ANSWER), node("text", template='{"a": 1}'), merge]
    nodes.append(node("last", template="{{nodes.both.json.extract.tags}}"))
    ways = [edge("extract", "both"), edge("text", "both"), edge("both", "last")]
    async with stack.client() as client:
        asked = Asked(stack, client)
        parent = await asked.run(drawing(nodes, ways))
        assert parent.output == '["bill","late"]'
        merged = {"extract": ANSWER, "text": '{"a": 1}'}
        assert await outputs(client, parent) == {"extract": ANSWER, "both": merged}
        for start in ("both", "last"):
            _, fork, calls = await asked.fork(parent, start)
            assert (fork.status, fork.output, calls) == ("completed", '["bill","late"]', 0)
            assert await outputs(client, fork) == {"extract": ANSWER, "both": merged}


async def outputs(client: Penstock, run: Run) -> dict[str, object]:
    """The outputs that are JSON, parsed, by node."""
    steps = [step async for step in client.runs.steps(run.run_id)]
    return {step.node: step.output_json for step in steps if step.is_json}


async def test_a_path_that_no_answer_has_is_told_before_a_run(stack: RunningStack) -> None:
    wrong = drawing(
        [extractor(ANSWER), node("t", template="{{nodes.extract.json.custommer.name}}")],
        [edge("extract", "t")],
    )
    untyped = drawing(
        [node("a", "agent", instructions="x"), node("t", template="{{nodes.a.json.b}}")],
        [edge("a", "t")],
    )
    async with stack.client() as client:
        for raw, code, name in ((wrong, "unknown_path", "extract"), (untyped, "not_json", "a")):
            [problem] = (await client.pipelines.validate(raw)).problems
            assert (problem.code, problem.nodes) == (code, ("t", name))
            saved = await client.pipelines.create(f"typed {code}", raw)
            assert [each.code for each in saved.problems] == [code]
            with pytest.raises(RejectedError) as refused:
                await client.runs.create(flow=raw)
            assert [each.code for each in refused.value.problems] == [code]
