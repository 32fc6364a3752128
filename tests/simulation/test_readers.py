"""Whatever befalls readers, apis and NATS: all are told the whole, once, in order, to the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.log.memory import Faults
from tests.simulation.audience import Plan, attended, watch
from tests.simulation.conftest import SEEDS_AT_ONCE

SEEDS = 20
STORIES = 2
LOSSY = Faults(delay_seconds=0.05, unavailable=0.05, unanswered=0.02, live_gap=0.15)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that so few facts reach: a tape that forgets, pages and pieces of a handful."""
    monkeypatch.setattr("services.api.live.tape.MOST_BYTES", 3000)
    for module in ("tape", "reader", "watch"):
        monkeypatch.setattr(f"services.api.live.{module}.CHUNK_BYTES", 900)
    for module in ("reader", "watch"):
        monkeypatch.setattr(f"services.api.live.{module}.PAGE", 4)
    monkeypatch.setattr("services.api.live.run_events.REST_PAGE", 4)
    monkeypatch.setattr("services.api.history.run_history.PIECE_BYTES", 4)  # the shelf counts facts


def everything(seed: int) -> Plan:
    return Plan(
        seed=seed,
        faults=LOSSY,
        lags_seconds=0.2,
        restarts_every=4,
        apis_end_every=6,
        leaves_after=1.0,
    )


def check(block: int, plan_of: Callable[[int], Plan]) -> None:
    seeds = range(block * SEEDS_AT_ONCE, (block + 1) * SEEDS_AT_ONCE)
    found = {seed: watch(plan_of(seed)) for seed in seeds}
    assert not {seed: wrong for seed, wrong in found.items() if wrong}


def test_readers_are_told_the_whole_when_nothing_goes_wrong(block: int) -> None:
    check(block, lambda seed: Plan(seed=seed))


def test_readers_are_told_the_whole_when_answers_lag_and_live_facts_are_lost(block: int) -> None:
    check(block, lambda seed: Plan(seed=seed, faults=LOSSY, lags_seconds=0.2))


def test_readers_are_told_the_whole_when_nats_restarts_and_apis_end(block: int) -> None:
    check(block, lambda seed: Plan(seed=seed, restarts_every=4, apis_end_every=6))


def test_readers_are_told_the_whole_of_a_run_that_leaves_the_log(block: int) -> None:
    check(block, lambda seed: Plan(seed=seed, lags_seconds=0.2, leaves_after=(0.0, 5.0)[seed % 2]))


@pytest.mark.long
def test_readers_are_told_what_is_kept_when_words_expire(block: int) -> None:
    check(block, lambda seed: Plan(seed=seed, falls_silent=0.02))


@pytest.mark.long
def test_readers_are_told_the_whole_when_everything_goes_wrong_at_once(block: int) -> None:
    check(block, everything)


def test_a_seed_has_one_story_however_often_it_is_told() -> None:
    for seed in range(STORIES):
        first, again = attended(everything(seed)), attended(everything(seed))
        assert first.tales == again.tales, f"seed {seed}"
