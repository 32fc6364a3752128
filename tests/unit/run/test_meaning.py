"""The table of what readers make of facts: complete, and what every reader does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest
from penstock_client import step_view, view
from penstock_client.event import Event

from shared.run import facts as f
from shared.run import meaning

LAW = Path(__file__).parents[3] / "examples" / "watch-law.js"


def types(*words: str) -> set[str]:
    """The wire names of the types of which the law of readers says one of these words."""
    return {meaning.type_of(kind) for kind, each in meaning.MEANING.items() if each.view in words}


def test_a_type_of_which_nothing_is_said_is_refused_by_name() -> None:
    class StepMoved(f.StepFact):
        """A fact nobody was told of."""

        type: Literal["step.moved"] = "step.moved"

    heard: list[type[f.RunFact]] = [*meaning.heard_by("rows"), StepMoved]
    rules = dict.fromkeys(heard, 0)
    with pytest.raises(TypeError, match=r"none of \[\] and some of \['StepMoved'\]"):
        meaning.by_type("rows", rules)


def test_a_reader_that_lacks_a_rule_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="'StepTurn'"):
        meaning.by_type("rows", {})


def test_the_client_hears_what_the_table_says() -> None:
    assert {*step_view._RULES, "step.skipped"} == types("step", "execution")
    assert types("execution") == step_view._EXECUTIONS


def test_the_watch_page_hears_what_the_table_says() -> None:
    law = LAW.read_text()
    rules = re.findall(r'^  "((?:step|tool)\.\w+)": \(', law, re.MULTILINE)
    assert {*rules, "step.skipped"} == types("step", "execution")
    executions = re.findall(r"BY_EXECUTION = new Set\(\[(.*?)\]\)", law, re.DOTALL)[0]
    assert set(re.findall(r'"(step\.\w+)"', executions)) == types("execution")
    # The page shows a run's input too, which is no matter of the law.
    assert set(re.findall(r'case "(run\.\w+)"', law)) - {"run.requested"} == types("run")


@pytest.mark.parametrize("kind", [*meaning.LIFECYCLE, *meaning.STREAM])
def test_only_facts_of_which_the_law_says_run_change_the_view_of_a_run(
    kind: type[f.RunFact],
) -> None:
    name = meaning.type_of(kind)
    if name.startswith("run."):
        before = view.RunView()
        after = before.after(Event(1, name, {"type": name}))
        assert (after.phase != before.phase) == (name in types("run"))
