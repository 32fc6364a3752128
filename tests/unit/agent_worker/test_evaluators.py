"""Questions to evaluators: right answers, and faults that harm nobody else."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import pytest

from services.agent_worker.evaluators import Evaluators, Fault, Question
from services.agent_worker.processes import asked
from services.agent_worker.turns import Slow
from shared.flow import Branch, ConditionWork
from tests.eventually import PATIENCE_SECONDS

MIB = 1 << 20
TEN = "[0,1,2,3,4,5,6,7,8,9]"
# A text of 16 MB, made of sixteen letters, searched a thousand times: nobody waits for its end.
_GROWN = "".join(f"[{'+'.join(10 * [a])}].all({b}, " for a, b in pairwise("abcdefg"))
_ROUNDS = "".join(f"{TEN}.all({name}, " for name in "xyz")
ENDLESS = f"['0123456789abcdef'].all(a, {_GROWN}{_ROUNDS}!g.matches('[a-q][^u-z]{{13}}x'){')' * 10}"
SLOW = json.dumps([0] * 2_000)  # a tenth of a second, if it is searched for each of its members
GREEDY = f"{TEN}.map(a, output + output).size() > 0"


@pytest.fixture
async def evaluators(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Evaluators]:
    monkeypatch.setattr("services.agent_worker.evaluators.LONGEST_SECONDS", PATIENCE_SECONDS)
    found = Evaluators(most=2)
    yield found
    await found.close()


def question(*expressions: str, text: str = "", **variables: str) -> Question:
    branches = tuple(Branch(handle=f"h{n}", expression=e) for n, e in enumerate(expressions, 1))
    return Question(ConditionWork(branches=branches), text, variables, "w", "r")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("output == 'yes'", "yes"),
        ("output.endsWith('👩‍🚀') && output.contains('é')", "é 👩‍🚀"),
        ("json.score > 0.5", '{"score": 0.7}'),
        ("json.score >= 1 && json.score == 1.0", '{"score": 1}'),
        ("json.n == null && !has(json.m)", '{"n": null}'),
        ("json == null", "no JSON at all"),
        ("json == null", '{"a": NaN}'),
        ("json == null", ""),
        ("json > 1.0", "1" + "0" * 300),
        ("json > 9223372036854775806", "9223372036854775807"),
        ("json[0].a[1] == 'x'", '[{"a": [1, "x"]}]'),
        ("variables.mode == 'fast'", ""),
        ("json.missing == 1 || true", "{}"),
        ("json > 9223372036854775806.0", "18446744073709551616"),
        ("size(json) == 7", r'"\\u0000\n"'),
        ("size(output) == 3", "aé👩"),
        ("json.map(t, size(t)) == [1, 2]", '["👩", "éé"]'),
        ("timestamp(output).getHours('Europe/Berlin') == 14", "2024-06-01T12:00:00Z"),
        ("timestamp(output).getDate('-02:30') == 31", "2024-06-01T01:00:00Z"),
        ("int(timestamp(output)) == 1717243200", "2024-06-01T12:00:00Z"),
        (
            "string(timestamp(output) + duration('90s')) == '2024-06-01T12:01:30Z'",
            "2024-06-01T12:00:00Z",
        ),
        ("duration(output).getSeconds() == 5400 && bool('true')", "1h30m"),
    ],
)
async def test_a_branch_that_holds_is_taken(
    evaluators: Evaluators, expression: str, text: str
) -> None:
    asked = question(expression, text=text, mode="fast")
    assert await evaluators.first_that_holds(asked, PATIENCE_SECONDS) == "h1"


async def test_the_first_that_holds_is_taken_and_no_later_one_is_looked_at(
    evaluators: Evaluators,
) -> None:
    asked = question("json.a == 2", "json.a == 1", "json.nothing.at.all", text='{"a": 1}')
    assert await evaluators.first_that_holds(asked, PATIENCE_SECONDS) == "h2"


async def test_when_none_holds_it_is_else(evaluators: Evaluators) -> None:
    assert (
        await evaluators.first_that_holds(question("false", "output == 'x'"), PATIENCE_SECONDS)
        == "else"
    )


@pytest.mark.parametrize(
    ("expression", "text", "code", "words"),
    [
        ("json.y == 1", '{"x": 1}', "expression_failed", "there is no 'y'"),
        ("json.x.y == 1", '{"x": null}', "expression_failed", "a field is asked of what has none"),
        ("variables.nobody == ''", "", "expression_failed", "there is no 'nobody'"),
        ("1 / 0 == 1", "", "expression_failed", "divide by zero"),
        ("json[7]", "[]", "expression_failed", "index=7 size=0"),
        ("output.matches('(')", "", "expression_failed", "invalid regular expression"),
        ("json == 'x'", '"\\ud800"', "expression_failed", "surrogate"),
        ("json == 'x'", r'{"a\u0000b": 1}', "expression_failed", "a text with NUL"),
        ("output", "true", "expression_not_boolean", "came a text"),
        ("json.n", '{"n": 1}', "expression_not_boolean", "came a number"),
        ("json", "null", "expression_not_boolean", "came null"),
        ("json.all(x, x)", "[" * 201 + "]" * 201, "expression_too_large", "200 levels"),
        ("json == 1", "[" * 50_000 + "]" * 50_000, "expression_too_large", "200 levels"),
        ("json == 1", "1" * (8 * MIB + 1), "expression_too_large", "at most 8 MiB"),
    ],
)
async def test_a_fault_says_which_branch_and_what_was_expected(
    evaluators: Evaluators, expression: str, text: str, code: str, words: str
) -> None:
    fault = await evaluators.first_that_holds(
        question("false", expression, text=text), PATIENCE_SECONDS
    )
    assert isinstance(fault, Fault)
    assert (fault.code, fault.message.startswith("branch 'h2': ")) == (code, True)
    assert words in fault.message


async def test_a_text_that_the_engine_would_cut_is_not_judged(evaluators: Evaluators) -> None:
    asked = question("output == 'x'", text="x\0y")
    fault = await evaluators.first_that_holds(asked, PATIENCE_SECONDS)
    assert isinstance(fault, Fault)
    assert (fault.code, "NUL" in fault.message) == ("expression_failed", True)


@pytest.mark.parametrize(
    ("expression", "text", "holds"),
    [
        ("nodes.a.output == '{}' && nodes.a.json == {}", "{}", True),
        ("nodes.a.json == null && nodes.a.output == 'x'", "x", True),
        ("nodes.a.json.list[1] == json.n", '{"list": [1, 2]}', True),
        ("[1].all(nodes, nodes > 0)", "", True),
        ("nodes.a.json.n == 1", '{"n": 2}', False),
    ],
)
async def test_nodes_are_read_beside_the_text(
    evaluators: Evaluators, expression: str, text: str, holds: bool
) -> None:
    asked = replace(question("output == ''", expression, text='{"n": 2}'), nodes={"a": text})
    found = await evaluators.first_that_holds(asked, PATIENCE_SECONDS)
    assert found == ("h2" if holds else "else")


async def test_a_node_is_read_by_no_branch_that_is_not_reached(evaluators: Evaluators) -> None:
    asked = question("json.n == 1", "nodes.a.json == 1", text='{"n": 1}')
    deep = replace(asked, nodes={"a": "[" * 201 + "]" * 201})
    assert await evaluators.first_that_holds(deep, PATIENCE_SECONDS) == "h1"
    fault = await evaluators.first_that_holds(replace(deep, text="{}"), PATIENCE_SECONDS)
    assert fault == Fault(
        "expression_failed", "branch 'h1': there is no 'n'; has() tells whether there is one"
    )
    fault = await evaluators.first_that_holds(replace(deep, text='{"n": 2}'), PATIENCE_SECONDS)
    assert fault == Fault(
        "expression_too_large", "branch 'h2': expected JSON of at most 200 levels"
    )


async def test_the_outputs_of_nodes_are_bounded_together(evaluators: Evaluators) -> None:
    asked = question("nodes.a.output == nodes.b.output")
    half = "é" * (2 * MIB)
    fits = replace(asked, nodes={"a": half, "b": half})
    assert await evaluators.first_that_holds(fits, PATIENCE_SECONDS) == "h1"
    fault = await evaluators.first_that_holds(
        replace(asked, nodes={"a": half, "b": half + "x"}), PATIENCE_SECONDS
    )
    words = "expected outputs of nodes of at most 8 MiB together, came more"
    assert fault == Fault("expression_too_large", words)


async def test_sixty_four_megabytes_are_looked_at_whole(evaluators: Evaluators) -> None:
    text = "b" * (64 * MIB - 4) + "👩"
    asked = question("json == null", "output.endsWith('👩')", text="x")
    assert await evaluators.first_that_holds(asked, PATIENCE_SECONDS) == "h1"
    assert (
        await evaluators.first_that_holds(
            question("output.endsWith('👩')", text=text), PATIENCE_SECONDS
        )
        == "h1"
    )


async def test_an_endless_expression_is_cut_off_and_holds_up_neither_loop_nor_others(
    evaluators: Evaluators,
) -> None:
    burning = asyncio.create_task(evaluators.first_that_holds(question(ENDLESS), PATIENCE_SECONDS))
    for _ in range(5):
        assert await evaluators.first_that_holds(question("true"), PATIENCE_SECONDS) == "h1"
    assert not burning.done()
    burning.cancel()
    fault = await evaluators.first_that_holds(question(ENDLESS), 0.5)
    assert isinstance(fault, Fault)
    assert (fault.code, "within 0.5 s" in fault.message) == ("expression_timeout", True)
    assert await evaluators.first_that_holds(question("true"), PATIENCE_SECONDS) == "h1"


async def test_a_greedy_expression_ends_its_own_process_only(evaluators: Evaluators) -> None:
    fault = await evaluators.first_that_holds(
        question(GREEDY, text="x" * (60 * MIB)), PATIENCE_SECONDS
    )
    assert isinstance(fault, Fault)
    assert fault.code == "expression_too_large"
    assert await evaluators.first_that_holds(question("true"), PATIENCE_SECONDS) == "h1"


async def test_how_an_evaluator_ended_by_itself_is_known_before_anybody_would_kill_it() -> None:
    ends = "import os, time; os.close(1); time.sleep(0.2); os.kill(os.getpid(), 9)"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ends), stdin=PIPE, stdout=PIPE
    )
    assert await asked(process, (b"{}", b"")) == b""
    assert process.returncode == -signal.SIGKILL


async def test_whoever_stops_waiting_ends_the_evaluation(evaluators: Evaluators) -> None:
    asked = [
        asyncio.create_task(evaluators.first_that_holds(question(ENDLESS), PATIENCE_SECONDS))
    ] * 2
    await asyncio.sleep(0)
    asked[0].cancel()
    with suppress(asyncio.CancelledError):
        await asked[0]
    async with asyncio.timeout(PATIENCE_SECONDS):  # both places are free again
        await asyncio.gather(
            *(evaluators.first_that_holds(question("true"), PATIENCE_SECONDS) for _ in "ab")
        )


async def test_an_evaluator_that_was_killed_while_idle_is_replaced(evaluators: Evaluators) -> None:
    assert await evaluators.first_that_holds(question("true"), PATIENCE_SECONDS) == "h1"
    [idle] = evaluators._processes._idle
    os.kill(idle.pid, signal.SIGKILL)  # not waited for: nobody may have noticed yet
    assert await evaluators.first_that_holds(question("true"), PATIENCE_SECONDS) == "h1"


async def test_json_is_read_only_where_an_expression_names_it(evaluators: Evaluators) -> None:
    text = "1" * (8 * MIB + 1)
    asked = question("output.contains('json') || variables.json == 'x'", text=text, json="x")
    assert await evaluators.first_that_holds(asked, PATIENCE_SECONDS) == "h1"


async def test_an_expression_of_too_many_rounds_ends_by_itself(evaluators: Evaluators) -> None:
    rounds = question("json.all(x, x >= 0)", text=json.dumps([*range(10_001)]))
    fault = await evaluators.first_that_holds(rounds, PATIENCE_SECONDS)
    assert isinstance(fault, Fault)
    assert (fault.code, "10,000" in fault.message) == ("expression_too_large", True)
    enough = question("json.all(x, x >= 0)", text=json.dumps([*range(9_000)]))
    assert await evaluators.first_that_holds(enough, PATIENCE_SECONDS) == "h1"


async def test_a_quick_expression_waits_for_one_slow_one_of_another_workspace_at_most(
    evaluators: Evaluators,
) -> None:
    slow = question("size(json.filter(x, output.matches('a+b'))) == 0", text=SLOW)
    ended: list[str] = []

    async def ask(asked: Question, name: str) -> None:
        with suppress(Slow):  # as a worker does, which takes them up again later
            assert await evaluators.first_that_holds(asked, PATIENCE_SECONDS) == "h1"
            ended.append(name)

    async with asyncio.TaskGroup() as group:
        for _ in range(200):
            group.create_task(ask(slow, "slow"))
        await asyncio.sleep(0)
        await group.create_task(ask(replace(question("true"), workspace="other"), "quick"))
        assert ended.index("quick") <= 2  # at most one on each of the two places
