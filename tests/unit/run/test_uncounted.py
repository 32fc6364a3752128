"""Attempts that the provider's limit kept from doing anything: they wait, and count for nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pydantic import ValidationError

from shared.flow import JSON
from shared.run import facts as f
from shared.run.retry import LONGEST_LIMIT_SECONDS, MOST_UNCOUNTED, delay_uncounted
from shared.run.wire import UnknownFact, decode, encode
from tests.unit.flow.drawing import drawing, node
from tests.unit.run.tale import BUSY, LIMITED, UNCOUNTED, Tale


def tale_with(**retry: JSON) -> Tale:
    tale = Tale(drawing([node("a", retry=retry)]))
    tale.settle()
    return tale


def test_a_step_with_one_attempt_has_it_however_often_it_was_handed_back() -> None:
    tale = tale_with(max_attempts=1)
    for times in range(1, 6):
        assert tale.hand_back("a") == [f"step.0.{times}.retry"]
        tale.due("a", "retry")
        assert tale.said(f.StepReady, f"step.0.{times + 1}.ready.local.shared").uncounted == times
    assert tale.fail("a", BUSY) == ["stopping", "finished"]


def test_what_counts_is_delayed_as_if_nothing_had_been_handed_back() -> None:
    tale = tale_with(max_attempts=3, jitter=0, initial_seconds=2, factor=10)
    tale.fail("a", BUSY)
    tale.due("a", "retry")
    tale.hand_back("a")
    tale.due("a", "retry")
    tale.fail("a", BUSY)
    assert tale.said(f.StepRetryScheduled, "step.0.1.retry").delay_seconds == 2
    assert tale.said(f.StepRetryScheduled, "step.0.3.retry").delay_seconds == 20


def test_it_comes_again_once_the_limit_is_over_and_not_with_all_others_at_once() -> None:
    delays = [delay_uncounted(LIMITED, 1, f"run-{n}.0.1") for n in range(100)]
    assert all(9 <= delay <= 10 for delay in delays)
    assert len(set(delays)) == 100
    widths = [max(delay_uncounted(LIMITED, n, f"r-{i}") for i in range(200)) for n in range(1, 12)]
    assert all(before < after for before, after in pairwise(widths[:9]))
    assert 9 + 300 >= widths[-1] > 9 + 290


@pytest.mark.parametrize("asked", [1e300, float("inf"), float("nan"), -5.0, None])
@pytest.mark.parametrize("uncounted", [1, MOST_UNCOUNTED, 10**6])
def test_a_senseless_limit_is_waited_for_an_hour_and_some_minutes_at_most(
    asked: float | None, uncounted: int
) -> None:
    error = LIMITED.model_copy(update={"retry_after_seconds": asked})
    assert 0 <= delay_uncounted(error, uncounted, "x") <= LONGEST_LIMIT_SECONDS + 300


def test_a_provider_that_refuses_for_ever_has_its_refusals_counted_at_last() -> None:
    tale = tale_with(max_attempts=2)
    told: list[str] = []
    for _ in range(MOST_UNCOUNTED + 2):
        told = tale.hand_back("a")
        tale.due("a", "retry")
    assert told == ["stopping", "finished"]
    assert tale.state.step(0).attempt == MOST_UNCOUNTED + 2


def test_a_deadline_ends_what_waits_for_a_limit() -> None:
    tale = tale_with()
    tale.hand_back("a")
    assert tale.deadline() == ["stopping", "finished"]


def test_who_does_not_know_that_some_do_not_count_does_not_know_the_fact() -> None:
    tale = tale_with()
    uncounted = f.StepFailed(**tale.at("a"), **UNCOUNTED)
    data = encode(uncounted, "")
    assert decode(data) == uncounted
    assert b'"version":2' in data
    counted = f.StepFailed(**tale.at("a"), error=BUSY)
    assert b'"version":1' in encode(counted, "")
    with pytest.raises(ValidationError):
        f.StepFailed(**tale.at("a"), error=BUSY, counted=False)
    with pytest.raises(UnknownFact):
        decode(data.replace(b'"counted":false', b'"counted":true'))
