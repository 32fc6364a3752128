"""Ages, durations, tokens and dollars as lists show them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cli.times import age, between, duration
from cli.used import cost_at_a_glance, tokens_at_a_glance

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0s"), (59.9, "59s"), (60, "1m"), (3_599, "59m"), (3_600, "1h"), (172_799, "47h"),
     (172_800, "2d"), (-5, "0s")],
)  # fmt: skip
def test_an_age_is_one_number_and_its_unit(seconds: float, shown: str) -> None:
    assert age((NOW - timedelta(seconds=seconds)).isoformat(), NOW) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.04, "0.0s"), (9.94, "9.9s"), (9.96, "10s"), (59.4, "59s"), (59.6, "1m00s"),
     (3_599, "59m59s"), (3_660, "1h01m"), (90_000, "1d01h")],
)  # fmt: skip
def test_a_duration_is_short(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_what_is_no_time_has_no_age() -> None:
    assert (age(None), age(""), age("soon"), age("2026-01-05T10:00:00")) == ("", "", "", "")
    assert between(None, NOW.isoformat()) == ""
    assert between("2026-01-05T11:59:50Z", None, NOW) == "10s"


def test_tokens_and_dollars_are_short() -> None:
    for count, shown in ((0, ""), (9_999, "9999"), (12_345, "12.3k"), (345_678, "346k"),
                         (1_234_567, "1.2M")):  # fmt: skip
        assert tokens_at_a_glance({"output_tokens": count}) == shown
    used = {"output_tokens": 1}
    for cost, shown in (("0.000013", "<$0.0001"), ("0.012345", "$0.0123"), ("1234.5", "$1,234.50"),
                        ("0.000000", "$0.0000"), (None, "?")):  # fmt: skip
        assert cost_at_a_glance(cost, used) == shown
    assert cost_at_a_glance("0.000000", {}) == ""
