"""Recorded histories mean what they meant, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from shared.flow import JSON
from shared.run import evolve, fold, initial
from shared.run.facts import Lifecycle
from tests.unit.run.golden import FOLDER, fact_in, line_of, read
from tests.unit.run.judge import objections

NEWER = {"step.turn": 2}
HISTORIES = sorted(FOLDER.glob("*.jsonl"))


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_golden_history_is_read_and_judged_as_it_was_recorded(path: Path) -> None:
    golden = read(path)
    state = initial(golden.flow, golden.kept)
    for line, recorded in zip(golden.lines, golden.recorded(), strict=True):
        state = evolve(state, recorded)
        assert timers_last(kept(line_of(recorded, state), line)) == timers_last(line), (
            "a recorded fact is written or understood differently now: make a new version of it"
        )
    assert state == fold(golden.flow, golden.recorded(), golden.kept)
    requested = state.requested
    assert requested is not None
    assert objections(golden.flow, golden.recorded(), until=requested.until_steps) == []


def timers_last(line: str) -> str:
    """The line with what is owed in the order that means something: facts among each other."""
    head, mark, tail = line.rpartition('"owed": ')
    owed: list[str] = json.loads(tail[:-1])
    return f"{head}{mark}{json.dumps(sorted(owed, key=lambda one: ' at ' in one))}}}"


def kept(now: str, then: str) -> str:
    """What is written now, without the fields that were added since."""
    if now == then:
        return now
    (start, end), (before, behind) = fact_in(now), fact_in(then)
    earlier = json.loads(then[before:behind])
    fact = json.dumps(
        without_new(as_of(json.loads(now[start:end]), earlier), earlier),
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return now[:start] + fact + now[end:]


def as_of(now: dict[str, JSON], then: dict[str, JSON]) -> dict[str, JSON]:
    """A fact that was read as one of a newer version, under the version it was recorded in."""
    is_newer = now["version"] == NEWER.get(str(now["type"])) and then["version"] == 1
    return now | {"version": 1} if is_newer else now


def without_new(now: JSON, then: JSON) -> JSON:
    if isinstance(now, dict) and isinstance(then, dict):
        return {key: without_new(value, then[key]) for key, value in now.items() if key in then}
    if isinstance(now, list) and isinstance(then, list) and len(now) == len(then):
        return [without_new(*pair) for pair in zip(now, then, strict=True)]
    return now


@pytest.mark.parametrize(
    ("now", "same"),
    [
        ('{"a":1,"b":[{"c":2,"new":0}],"new":{},"type":"t","version":1}', True),
        ('{"a":1,"b":[{"c":3}],"type":"t","version":1}', False),
        ('{"b":[{"c":2}],"a":1,"type":"t","version":1}', False),
        ('{"b":[{"c":2}],"type":"t","version":1}', False),
        ('{"a":1,"b":[],"type":"t","version":1}', False),
    ],
)
def test_a_field_may_be_added_and_nothing_else_may_change(now: str, same: bool) -> None:
    then = (
        '{"sequence": 1, "fact": {"a":1,"b":[{"c":2}],"type":"t","version":1}, "status": "running"}'
    )
    assert (kept(f'{{"sequence": 1, "fact": {now}, "status": "running"}}', then) == then) == same


def test_every_lifecycle_fact_is_in_a_golden_history() -> None:
    told = {type(recorded.fact) for path in HISTORIES for recorded in read(path).recorded()}
    assert set(get_args(Lifecycle)) - told == set()
