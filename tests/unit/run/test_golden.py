"""Recorded histories mean what they meant, byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from shared.run import evolve, fold, initial
from shared.run.facts import Lifecycle
from tests.unit.run.golden import FOLDER, line_of, read
from tests.unit.run.judge import objections

HISTORIES = sorted(FOLDER.glob("*.jsonl"))


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_golden_history_is_read_and_judged_as_it_was_recorded(path: Path) -> None:
    golden = read(path)
    state = initial(golden.flow)
    for line, recorded in zip(golden.lines, golden.recorded(), strict=True):
        state = evolve(state, recorded)
        assert line_of(recorded, state) == line, (
            "a recorded fact is written or understood differently now: make a new version of it"
        )
    assert state == fold(golden.flow, golden.recorded())
    assert objections(golden.flow, golden.recorded()) == []


def test_every_lifecycle_fact_is_in_a_golden_history() -> None:
    told = {type(recorded.fact) for path in HISTORIES for recorded in read(path).recorded()}
    assert set(get_args(Lifecycle)) - told == set()
