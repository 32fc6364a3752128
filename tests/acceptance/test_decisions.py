"""Conditions and approvals through a whole stack, over restarts, and by several people at once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from penstock_client import ConflictError, Decided, Penstock, Run

from tests.acceptance.waiting_runs import approved, held, started
from tests.cost import Stopwatch
from tests.eventually import eventually
from tests.installation import ASKING, QUESTION
from tests.servers import own_folder
from tests.stack import RunningStack
from tests.unit.cli.command import penstock

TIMEOUT_SECONDS = 3
BRANCHES = [
    {"handle": "good", "expression": "json != null && json.score > 0.8"},
    {
        "handle": "fair",
        "expression": "json != null && json.score > 0.4 && variables.fair == 'yes'",
    },
]
FORKED: dict[str, Any] = {
    "nodes": [
        {"id": "score", "type": "template", "data": {"template": "{{input}}"}},
        {"id": "how good?", "type": "condition", "data": {"branches": BRANCHES}},
        {"id": "praise", "type": "template", "data": {"template": "praised: {{input}}"}},
        {"id": "polish", "type": "template", "data": {"template": "polished: {{input}}"}},
        {"id": "again", "type": "template", "data": {"template": "written anew: {{input}}"}},
        {"id": "both", "type": "merge", "data": {}},
    ],
    "edges": [
        {"source": "score", "target": "how good?"},
        {"source": "how good?", "target": "praise", "sourceHandle": "good"},
        {"source": "how good?", "target": "polish", "sourceHandle": "fair"},
        {"source": "how good?", "target": "again", "sourceHandle": "else"},
        *({"source": each, "target": "both"} for each in ("praise", "polish", "again")),
    ],
}


@pytest.mark.parametrize(
    ("text", "taken", "output"),
    [
        ('{"score": 0.9}', "praise", 'praised: {"score": 0.9}'),
        ('{"score": 0.5}', "polish", 'polished: {"score": 0.5}'),
        ("not even JSON", "again", "written anew: not even JSON"),
    ],
)
async def test_a_merge_goes_on_without_the_branches_not_taken(
    stack: RunningStack, text: str, taken: str, output: str
) -> None:
    async with stack.client() as client:
        variables = {"fair": "yes"}
        ended = await client.runs.create(flow=FORKED, input=text, variables=variables, wait=30)
        assert ended.status == "completed", ended
        run = await client.runs.get(ended.run_id)
    statuses = {step.node: step.status for step in run.steps}
    skipped = dict.fromkeys({"praise", "polish", "again"} - {taken}, "skipped")
    expected = {"score": "completed", "how good?": "completed", "both": "completed"}
    assert statuses == {**expected, taken: "completed", **skipped}
    assert run.output == output


async def test_of_two_people_at_once_one_decides_and_the_other_is_told_who(
    stack: RunningStack,
) -> None:
    runs = await started(stack, 30)
    async with stack.client() as client, stack.client() as other:
        for run in runs:
            outcomes = await asyncio.gather(
                client.runs.decide(run, QUESTION, "approve", comment="mine"),
                other.runs.decide(run, QUESTION, "reject", comment="no, mine"),
                return_exceptions=True,
            )
            [won] = [each for each in outcomes if isinstance(each, Decided)]
            [lost] = [each for each in outcomes if isinstance(each, ConflictError)]
            assert lost.code == "already_decided"
            assert f"settings was first: {won.decision}" in lost.detail
            await _judge(client, run, won)


async def _judge(client: Penstock, run: str, won: Decided) -> None:
    """The run goes the way that was decided, and shows who decided it."""

    async def over() -> Run | None:
        found = await client.runs.get(run)
        return found if found.status == "completed" else None

    ended = await eventually(over)
    question, done = ended.steps[QUESTION], ended.steps[QUESTION + 1]
    assert question.approval is not None
    assert question.approval.comment == won.comment
    assert done.status == ("completed" if won.decision == "approve" else "skipped")


async def test_waiting_runs_outlive_a_stop_and_a_timeout_meanwhile_fires_at_start() -> None:
    timed = {**ASKING, "nodes": [dict(node) for node in ASKING["nodes"]]}
    timed["nodes"][QUESTION]["data"] = {"timeout_seconds": TIMEOUT_SECONDS, "default": "approve"}
    with own_folder() as folder:
        stack = RunningStack(folder / "data", 1, {})
        try:
            runs = await started(stack, 40)
            assert (await held(stack)).slots_used == 0
            async with stack.client() as client:
                accepted = await client.runs.create(flow=timed, input="tea")
                await eventually(lambda: _is_asked(client, accepted.run_id))
        finally:
            stack.stop()
        standing_still = Stopwatch()
        await eventually(lambda: standing_still.elapsed() > TIMEOUT_SECONDS)
        stack = RunningStack(folder / "data", 1, {})
        try:
            await _judge_timeout(stack, accepted.run_id)
            await approved(stack, runs[::8])
            assert (await held(stack)).slots_used == 0
        finally:
            stack.stop()


async def _is_asked(client: Penstock, run: str) -> bool:
    return (await client.runs.get(run)).status == "waiting"


async def _judge_timeout(stack: RunningStack, run: str) -> None:
    async with stack.client() as client:

        async def over() -> Run | None:
            found = await client.runs.get(run)
            return found if found.status == "completed" else None

        ended = await eventually(over)
        approval = ended.steps[QUESTION].approval
        assert approval is not None
        assert (approval.timed_out, approval.decision, approval.decided_by) == (
            True,
            "approve",
            None,
        )
        assert ended.output == "about tea, approved"
        with pytest.raises(ConflictError) as refused:
            await client.runs.decide(run, QUESTION, "reject")
        assert refused.value.code == "approval_timed_out"


async def test_a_person_decides_from_the_command_line(stack: RunningStack, tmp_path: Path) -> None:
    environ = {"PENSTOCK_URL": stack.stack["api_url"], "PENSTOCK_TOKEN": stack.stack["token"]}
    by_node, alone = await started(stack, 2)
    ended = await penstock("approve", by_node, "fine?", directory=tmp_path, environ=environ)
    assert (ended.code, ended.out) == (0, f"{by_node} fine? approved\n")
    command = ("reject", alone, "--comment", "too long")
    ended = await penstock(*command, directory=tmp_path, environ=environ)
    assert (ended.code, ended.out) == (0, f"{alone} fine? rejected\n")
    ended = await penstock("approve", alone, "1", directory=tmp_path, environ=environ)
    assert (ended.code, "settings was first: reject" in ended.err) == (2, True)
    ended = await penstock("watch", alone, directory=tmp_path, environ=environ)
    assert "fine? waits for a person: Fine?" in ended.err
    assert f"penstock approve {alone} 1" in ended.err
    assert "fine?: reject by settings: too long" in ended.err
    ended = await penstock("show", alone, directory=tmp_path, environ=environ)
    assert "reject by settings: too long" in ended.out
