"""Which run and which pipeline a command means."""

from __future__ import annotations

import pytest

from tests.unit.cli.command import penstock
from tests.unit.cli.script import RUN, Script
from tests.unit.cli.test_lists import IDS, PIPELINES, RUNS, ago, lines, listed, page
from tests.unit.client.scripted_penstock import answer


@pytest.mark.parametrize(
    ("arguments", "query"),
    [((IDS[1][:15],), {"id_prefix": IDS[1][:15], "limit": "11"}), (("--last",), {"limit": "1"})],
)
async def test_a_run_is_named_by_its_beginning_or_as_the_last(
    script: Script, arguments: tuple[str, ...], query: dict[str, str]
) -> None:
    script.stack.on("GET", RUNS, answer(page(listed(1, "completed"))))
    script.stack.on("GET", f"{RUNS}/{IDS[1]}", answer(listed(1, "completed", output="Rivers")))
    ended = await penstock("show", *arguments, directory=script.directory)
    assert lines(ended)[-1] == "Rivers"
    assert script.stack.asked(RUNS)[0].query == query


async def test_a_beginning_that_several_runs_have_is_refused_with_all_of_them(
    script: Script,
) -> None:
    script.stack.on("GET", RUNS, answer(page(*(listed(n, "completed") for n in range(3)))))
    ended = await penstock("cancel", "01977D6E", directory=script.directory)
    assert (ended.code, ended.out) == (2, "")
    first, *others = ended.err.splitlines()
    assert first == "penstock: 3 runs have ids that begin with '01977D6E'; give more of it:"
    assert [line.split()[:3] for line in others] == [[each, "completed", "2h"] for each in IDS]


@pytest.mark.parametrize("given", ["zz", "01-2", "0197x", "\udcff", IDS[0] + "0"])
async def test_what_no_id_begins_with_is_refused_without_asking(script: Script, given: str) -> None:
    ended = await penstock("watch", given, directory=script.directory)
    assert (ended.code, ended.out) == (2, "")
    assert "No run here has an id that begins with" in ended.err
    assert script.stack.requests == []


async def test_no_run_and_two_ways_to_name_one_are_refused(script: Script) -> None:
    ended = await penstock("show", directory=script.directory)
    assert (ended.code, ended.err.splitlines()[0]) == (
        2, "penstock: Which run? Give its id or the beginning of it, or --last."
    )  # fmt: skip
    ended = await penstock("show", RUN, "--last", directory=script.directory)
    assert (ended.code, "came both" in ended.err) == (2, True)


async def test_the_last_run_s_question_is_answered_by_the_node_alone(script: Script) -> None:
    script.stack.on("GET", RUNS, answer(page(listed(0, "waiting"))))
    step = {"step": 4, "node": "ok", "status": "waiting", "approval": {}}
    script.stack.on("GET", f"{RUNS}/{IDS[0]}/steps", answer(page(step)))
    decided = {"step": 4, "node": "ok", "decision": "approve", "decided_at": ago(0)}
    script.stack.on("POST", f"{RUNS}/{IDS[0]}/steps/4/decision", answer(decided))
    ended = await penstock("approve", "--last", "ok", directory=script.directory)
    assert lines(ended) == [f"{IDS[0]} ok approved"]


@pytest.mark.parametrize("named", ["Haiku", "haik", IDS[0][:13], IDS[0]])
async def test_a_pipeline_is_run_by_its_name_or_id_or_how_they_begin(
    script: Script, named: str
) -> None:
    script.stack.on("GET", "/api/v1/pipelines", answer(page(*PIPELINES)))
    script.stack.on("GET", f"/api/v1/pipelines/{IDS[0]}", answer(PIPELINES[0]))
    options = ("--pipeline", named, "--input", "tea", "--no-follow")
    ended = await penstock("run", *options, directory=script.directory)
    assert lines(ended) == [RUN]
    [sent] = script.stack.asked(RUNS)
    assert sent.json() == {"pipeline_id": IDS[0], "input": "tea", "variables": {}}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--pipeline", "Ha"), "2 pipelines are called 'Ha', or begin so"),
        (("--pipeline", "Ode"), "No pipeline here is called 'Ode'"),
        ((), "expected a FLOW.json or --pipeline, came neither"),
        (("flow.json", "--pipeline", "Haiku"), "came both"),
    ],
)
async def test_what_is_to_run_must_be_clear(
    script: Script, arguments: tuple[str, ...], words: str
) -> None:
    script.stack.on("GET", "/api/v1/pipelines", answer(page(*PIPELINES)))
    ended = await penstock("run", *arguments, directory=script.directory)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err
    assert script.stack.asked(RUNS) == []
