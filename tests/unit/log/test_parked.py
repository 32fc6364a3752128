"""What is told of parked runs: bounded, and readable by any version."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from shared.errors import Corrupt
from shared.log.parked import (
    LONGEST_REASON,
    MOST_TOLD,
    MOST_TOLD_BYTES,
    Announced,
    ParkedRun,
    announce,
    announced,
    look_of,
    parked_by,
)
from shared.log.port import Entry
from shared.log.subjects import Address
from shared.run.wire import UnknownFact
from tests.unit.run.tale import DAWN

ADDRESS = Address(3, "acme", "run-1")


def parked(number: int, reason: str = "why") -> ParkedRun:
    since = DAWN + timedelta(seconds=number)
    return ParkedRun(
        workspace="acme", run=f"run-{number}", partition=0, since=since, code="x", reason=reason
    )


def told(runs: list[ParkedRun]) -> tuple[Announced, int]:
    text = json.dumps(announce(runs))
    return announced(json.loads(text)), len(text)


def test_the_longest_parked_are_told_and_how_many_more_there_are() -> None:
    runs = [parked(number) for number in reversed(range(MOST_TOLD + 7))]
    found, _ = told(runs)
    assert [each.run for each in found.runs] == [f"run-{n}" for n in range(MOST_TOLD)]
    assert found.more == 7


def test_what_is_told_is_bounded_in_bytes() -> None:
    found, size_bytes = told([parked(number, "\u00e9" * LONGEST_REASON) for number in range(40)])
    assert 0 < len(found.runs) < 40
    assert len(found.runs) + found.more == 40
    assert size_bytes < MOST_TOLD_BYTES + 100


def test_what_another_version_says_is_counted_if_it_cannot_be_read() -> None:
    assert announced(None) == announced({}) == announced({"runs": 3, "more": "x"}) == ((), 0)
    said = announce([parked(1)])
    assert announced({"runs": [said, 7], "more": 1}) == ((), 3)
    assert look_of(b"here") is None
    assert look_of(b'{"instance":"a","outcome":"puzzled"}') is None


def test_a_reason_names_the_fact_that_was_not_understood() -> None:
    entry = Entry(7, ADDRESS, "cancel", b'{"type":"run.paused","version":2}', datetime.now(UTC))
    try:
        entry.recorded()
    except UnknownFact as error:
        found = parked_by(error, ADDRESS, DAWN)
    assert (found.sequence, found.type, found.version) == (7, "run.paused", 2)
    assert (found.workspace, found.run, found.partition) == ("acme", "run-1", 3)
    assert len(found.reason) <= LONGEST_REASON
    other = parked_by(Corrupt("no flow"), ADDRESS, DAWN)
    assert (other.code, other.sequence, other.type) == ("corrupt", None, None)
