"""Spans that cover a time: each hour of it once, and no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from shared.ledger.usage_spans import DAY, HOUR, SPAN_HOURS, Span, cover

START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = st.integers(0, 400)
LENGTH = st.integers(0, 92)


def hours_of(spans: list[Span]) -> list[datetime]:
    return [each.since + timedelta(hours=hour) for each in spans for hour in range(each.hours)]


def hours_from(since: datetime, count: int) -> list[datetime]:
    return [since + timedelta(hours=hour) for hour in range(count)]


@given(DAYS, LENGTH, st.sampled_from((SPAN_HOURS, (DAY,))))
@example(3, 1, SPAN_HOURS)
@example(0, 0, SPAN_HOURS)
def test_whole_days_are_covered_once(first: int, length: int, lengths: tuple[int, ...]) -> None:
    since = START + timedelta(days=first)
    spans = cover(since, since + timedelta(days=length), lengths)
    assert hours_of(spans) == hours_from(since, length * DAY)


@given(st.integers(0, 9_600), st.integers(0, 92 * DAY))
def test_whole_hours_are_covered_once(first: int, length: int) -> None:
    since = START + timedelta(hours=first)
    spans = cover(since, since + timedelta(hours=length), [HOUR, *SPAN_HOURS])
    assert hours_of(spans) == hours_from(since, length)


@given(DAYS, st.integers(1, 92 * DAY * 60))
def test_an_open_time_is_covered_once_and_beyond_its_end_alone(first: int, minutes: int) -> None:
    since = START + timedelta(days=first)
    until = since + timedelta(minutes=minutes)
    found = hours_of(cover(since, until, SPAN_HOURS, is_open=True))
    assert found == hours_from(since, len(found))
    assert found[-1] >= until - timedelta(hours=1)


@given(DAYS)
def test_thirty_days_are_few_spans(first: int) -> None:
    since = START + timedelta(days=first)
    assert len(cover(since, since + timedelta(days=30), SPAN_HOURS)) <= 11
    assert len(cover(since, since + timedelta(days=30), [DAY])) == 30


def test_a_time_that_is_none_has_no_spans() -> None:
    at = START + timedelta(minutes=20)
    assert cover(at, at, [HOUR], is_open=True) == []
