"""What the measurement of forgetting concludes from the moments it saw."""

from __future__ import annotations

from array import array
from collections import Counter

import pytest

from bench.load import LoadReport
from bench.returning import ReturningReport
from bench.rows.forgetting import Moment, found


def moment(second: int, mib: float, recorded: int, messages: int) -> Moment:
    return Moment(
        at=float(second),
        rss_mib=mib + 1,
        pss_mib=mib,
        messages=messages,
        subjects=messages,
        recorded=recorded,
    )


def load(seconds: int) -> LoadReport:
    return LoadReport(ended_at=array("d", [float(second) for second in range(1, seconds + 1)]))


@pytest.mark.parametrize(("grown", "verdict"), [(1.0, "goal"), (1.05, "floor"), (1.5, "missed")])
def test_memory_that_grows_from_one_quarter_to_the_next_is_told(grown: float, verdict: str) -> None:
    moments = [moment(n, 100 * grown if n >= 75 else 100, 12 * n, 120) for n in range(100)]
    told = found([*moments, moment(111, 90, 1_200, 0)], load(100), ReturningReport())
    memory = told.measured[1]
    assert memory.median == pytest.approx(grown)
    assert memory.verdict == verdict


def test_a_short_load_says_nothing_of_memory() -> None:
    moments = [moment(n, 100 + n, 12 * n, 12 * n) for n in range(20)]
    assert len(found(moments, load(19), ReturningReport()).measured) == 1


def test_deletions_are_what_was_recorded_and_is_not_there_and_their_rate_is_of_each_line() -> None:
    moments = [moment(0, 50, 0, 0), moment(2, 60, 600, 600), moment(4, 60, 900, 100)]
    told = found([*moments, moment(6, 60, 900, 0)], load(3), ReturningReport())
    assert told.measured[0].values == (400, 50)
    [table] = told.over_time
    assert [line[-2:] for line in table.lines] == [(0, 0), (0, 0), (800, 400), (900, 50)]
    assert [line[1] for line in table.lines] == [0, 2, 3, 3]


def test_a_reader_that_missed_something_makes_the_numbers_void() -> None:
    read = ReturningReport(runs=1, resumed=Counter({"in the log": 2, "while they left": 1}))
    read.fault("run x resumed after 3 told []")
    told = found([moment(0, 50, 0, 0), moment(2, 50, 24, 0)], load(2), read)
    assert told.faults == ["run x resumed after 3 told []"]
    assert "1 runs were read again while they left, 2 in the log, 1 while they left" in told.notes
