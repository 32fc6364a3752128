"""Whether a failed attempt is tried again, and when."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.flow import JSON, RetryPolicy
from shared.run import facts as f
from shared.run.content import Cause
from shared.run.retry import delay_after, will_retry
from tests.unit.flow.drawing import drawing, edge, node
from tests.unit.run.tale import BUSY, Tale

RETRY = "step.0.1.retry.due"


def tale_with(**retry: JSON) -> Tale:
    tale = Tale(drawing([node("a", retry=retry), node("b")], [edge("a", "b")]))
    tale.settle()
    return tale


def test_a_retryable_failure_is_tried_again_after_its_delay() -> None:
    tale = tale_with(jitter=0)
    assert tale.fail("a", BUSY) == ["step.0.1.retry"]
    assert tale.said(f.StepRetryScheduled, "step.0.1.retry").delay_seconds == 5
    assert tale.seconds_until(RETRY) == 5
    assert tale.status("a") == "retrying"
    assert tale.due("a", "retry") == ["step.0.2.ready.local.shared"]
    assert tale.status("a") == "ready"


def test_the_error_of_an_attempt_is_known_until_the_next_is_ready() -> None:
    tale = tale_with()
    tale.fail("a", BUSY)
    assert tale.state.step(0).error == BUSY
    tale.record(f.StepDue(**tale.at("a"), purpose="retry"))
    assert tale.state.step(0).error == BUSY
    tale.settle()
    assert tale.state.step(0).error is None


def test_a_retry_that_is_due_of_an_attempt_unheard_of_takes_no_others_error() -> None:
    tale = tale_with()
    tale.fail("a", BUSY)
    tale.record(f.StepDue(**{**tale.at("a"), "attempt": 2}, purpose="retry"))
    assert tale.state.step(0).error is None


def test_the_jitter_of_a_delay_is_that_of_its_run_step_and_attempt_to_the_millisecond() -> None:
    tale = tale_with()
    tale.complete("a")
    for attempt in (1, 2):
        told = tale.fail("b", BUSY)
        delay = delay_after(RetryPolicy(), BUSY, attempt, f"run-1.1.{attempt}")
        assert tale.said(f.StepRetryScheduled, told[0]).delay_seconds == round(delay, 3) != delay
        tale.due("b", "retry")


def test_the_default_is_two_retries_and_then_the_failure_is_final() -> None:
    tale = tale_with()
    for _ in range(2):
        assert len(tale.fail("a", BUSY)) == 1
        tale.due("a", "retry")
    assert tale.fail("a", BUSY) == ["stopping", "finished"]
    assert tale.status("a") == "failed"


def test_a_failure_that_no_retry_can_help_is_final_at_once() -> None:
    tale = tale_with()
    assert tale.fail("a") == ["stopping", "finished"]


def test_a_longer_retry_after_is_obeyed_and_a_shorter_one_is_not() -> None:
    asked = BUSY.model_copy(update={"retry_after_seconds": 90.0})
    tale = tale_with(jitter=0)
    tale.fail("a", asked)
    assert tale.seconds_until(RETRY) == 90
    tale = tale_with(jitter=0)
    tale.fail("a", asked.model_copy(update={"retry_after_seconds": 1.0}))
    assert tale.seconds_until(RETRY) == 5


def test_the_retry_is_due_after_the_time_the_server_recorded_it() -> None:
    tale = tale_with(jitter=0)
    tale.fail("a", BUSY)
    recorded = tale.log["step.0.1.retry"].time
    assert (tale.timers[RETRY].fires_at - recorded).total_seconds() == 5


def test_delays_grow_by_the_factor_up_to_the_most() -> None:
    policy = RetryPolicy(max_attempts=9, initial_seconds=2, factor=3, max_seconds=50, jitter=0)
    delays = [delay_after(policy, BUSY, attempt, "x") for attempt in range(1, 6)]
    assert delays == [2, 6, 18, 50, 50]


def test_a_delay_may_be_shorter_than_a_second() -> None:
    assert delay_after(RetryPolicy(initial_seconds=0.1, jitter=0), BUSY, 1, "x") == 0.1


def test_two_versions_side_by_side_decide_the_same_delay() -> None:
    delay = delay_after(RetryPolicy(jitter=0.5), BUSY, 1, "run-1.0.1")
    assert delay == pytest.approx(3.091575)


def test_jitter_is_a_hash_of_the_attempt_the_same_for_everyone() -> None:
    policy = RetryPolicy(jitter=0.5)
    names = [f"run-{n}.0.1" for n in range(200)]
    delays = [delay_after(policy, BUSY, 1, name) for name in names]
    assert delays == [delay_after(policy, BUSY, 1, name) for name in names]
    assert all(2.5 <= delay <= 7.5 for delay in delays)
    assert max(delays) - min(delays) > 4


@pytest.mark.parametrize("asked", [1e300, float("inf"), float("nan"), -5.0])
def test_a_senseless_retry_after_makes_a_delay_of_at_most_thirty_days(asked: float) -> None:
    error = BUSY.model_copy(update={"retry_after_seconds": asked})
    assert 4.5 <= delay_after(RetryPolicy(), error, 1, "x") <= 30 * 86_400


policies = st.builds(
    RetryPolicy,
    max_attempts=st.integers(1, 100),
    initial_seconds=st.floats(0, 2_592_000),
    factor=st.floats(1, 100),
    max_seconds=st.floats(0, 2_592_000),
    jitter=st.floats(0, 1),
)


@given(policies, st.integers(1, 100), st.none() | st.floats())
def test_every_policy_gives_a_delay_that_a_timer_can_have(
    policy: RetryPolicy, attempt: int, asked: float | None
) -> None:
    error = Cause(code="x", message="x", retryable=True, retry_after_seconds=asked)
    delay = delay_after(policy, error, attempt, "x")
    assert math.isfinite(delay)
    assert 0 <= delay <= 2 * 2_592_000


@given(policies, st.integers(1, 100), st.booleans())
def test_attempts_are_tried_up_to_the_most_and_only_if_it_may_help(
    policy: RetryPolicy, attempt: int, retryable: bool
) -> None:
    error = Cause(code="x", message="x", retryable=retryable)
    assert will_retry(policy, error, attempt) == (retryable and attempt < policy.max_attempts)


def test_a_recorded_retry_binds_where_none_would_be_decided_today() -> None:
    tale = tale_with(max_attempts=1)
    tale.record(f.StepFailed(**tale.at("a"), error=BUSY))
    assert tale.state.failure is not None
    tale.record(f.StepRetryScheduled(**tale.at("a"), delay_seconds=7))
    assert tale.state.failure is None
    assert tale.settle() == []
    assert tale.seconds_until(RETRY) == 7
    tale.due("a", "retry")
    tale.complete("a")
    assert tale.status("b") == "ready"


def test_a_recorded_retry_takes_back_what_the_failure_had_decided() -> None:
    ask = node(
        "ask",
        "condition",
        branches=[{"handle": "yes", "expression": "true"}],
        retry={"max_attempts": 1},
        on_error="continue",
    )
    for taken, told in (
        ([], ["step.1.skipped", "finished"]),
        (["yes"], ["step.1.1.ready.local.shared"]),
    ):
        tale = Tale(drawing([ask, node("b")], [edge("ask", "b", "yes")]))
        tale.settle()
        tale.record(f.StepFailed(**tale.at("ask"), error=BUSY))
        assert list(tale.owes()) == ["step.1.skipped"]
        tale.record(f.StepRetryScheduled(**tale.at("ask"), delay_seconds=7))
        assert tale.settle() == []
        tale.due("ask", "retry")
        assert tale.complete("ask", take=taken) == told
        assert not isinstance(tale.state.ended, f.RunFailed)


def test_a_recorded_stop_binds_where_a_retry_would_be_decided_today() -> None:
    tale = tale_with()
    tale.record(f.StepFailed(**tale.at("a"), error=BUSY))
    tale.record(f.RunStopping(**tale.run(), reason="failed", error=BUSY))
    assert tale.settle() == ["finished"]
    assert tale.said(f.RunFailed, "finished").error == BUSY


def test_a_recorded_skip_binds_where_the_step_would_be_ready_today() -> None:
    tale = tale_with()
    tale.record(f.StepSkipped(**tale.run(), step=1, node="b"))
    assert tale.complete("a") == ["finished"]
    assert tale.status("b") == "skipped"


def test_a_recorded_ready_binds_where_the_step_would_be_skipped_today() -> None:
    tale = tale_with()
    tale.record(f.StepReady(**tale.at("b"), kind="template", pool="local"))
    tale.record(f.StepSkipped(**tale.run(), step=1, node="b"))
    assert tale.status("b") == "ready"


def test_a_late_outcome_of_an_earlier_attempt_changes_nothing() -> None:
    tale = tale_with(initial_seconds=0)
    first = tale.at("a")
    tale.fail("a", BUSY)
    tale.due("a", "retry")
    before = tale.state
    tale.record(f.StepReleased(**first, execution=1, worker="w-1"))
    assert tale.state is before
