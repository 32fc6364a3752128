"""What one worker lets a run write."""

from contextlib import ExitStack

import pytest

from services.agent_worker.shares import MOST_OF_WORKSPACE, Shares
from shared.errors import AttemptFailed
from shared.run.content import Limits
from shared.run.facts import RunRequested, StepReady

RUN = {"workspace": "acme", "partition": 0}


def ready(step: int, written: int = 0, run: str = "run") -> StepReady:
    """A step that is ready, when its run had written so much."""
    ids = {**RUN, "run": run, "step": step, "node": str(step), "attempt": 1}
    return StepReady(**ids, kind="template", pool="local", written_bytes=written)


def requested(most: int | None = 100, run: str = "run") -> RunRequested:
    """A run that may write so much."""
    return RunRequested(**RUN, run=run, flow="0" * 64, limits=Limits(max_written_bytes=most))


def test_texts_under_way_at_once_are_weighed_together() -> None:
    shares = Shares()
    first, second, third = (shares.of(ready(step), requested()) for step in range(3))
    first.take(60)
    second.take(40)
    with pytest.raises(AttemptFailed, match="at most 100 bytes, came 101") as refused:
        third.take(1)
    assert (refused.value.code, refused.value.retry) == ("run_too_large", False)


def test_what_other_workers_wrote_before_counts_too() -> None:
    share = Shares().of(ready(3, written=90), requested())
    share.take(10)
    with pytest.raises(AttemptFailed):
        share.take(11)


def test_what_was_refused_weighs_nothing() -> None:
    shares = Shares()
    with pytest.raises(AttemptFailed):
        shares.of(ready(0), requested()).take(101)
    shares.of(ready(1), requested()).take(100)


def test_a_text_that_is_stored_again_counts_once() -> None:
    shares = Shares()
    for _ in range(3):
        shares.of(ready(0), requested()).take(90)
    shares.of(ready(1), requested()).take(10)


def test_runs_do_not_count_for_each_other_and_the_oldest_are_forgotten() -> None:
    shares = Shares(most_runs=2)
    for run in ("a", "b", "c", "a"):
        shares.of(ready(0, run=run), requested(run=run)).take(60)
        with pytest.raises(AttemptFailed):
            shares.of(ready(1, run=run), requested(run=run)).take(60)


def test_a_run_without_a_limit_writes_what_it_likes() -> None:
    Shares().of(ready(0), requested(most=None)).take(1 << 40)


def test_a_workspace_has_so_many_places_for_large_texts_and_others_have_theirs() -> None:
    shares = Shares()
    with ExitStack() as held:
        places = [held.enter_context(shares.place("acme")) for _ in range(MOST_OF_WORKSPACE + 1)]
        assert places == [True] * MOST_OF_WORKSPACE + [False]
        with shares.place("other") as is_free:
            assert is_free
    with shares.place("acme") as is_free:
        assert is_free
