"""Sums of what calls cost: however they are grouped, exactly what each costs by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledger.usage import used_of
from shared.models import Group, exact_cost, exact_price, group_of, priced_since, unit_prices
from shared.models.catalogue import PRICE_DAYS
from shared.run.content import MOST_COUNT, Usage

TOKENS = st.sampled_from((0, 1, 7, 49_999, 50_000, 50_001, 100_001))
USAGES = st.builds(
    Usage,
    input_tokens=TOKENS,
    output_tokens=TOKENS,
    cache_read_tokens=TOKENS,
    cache_creation_5m_tokens=TOKENS,
    cache_creation_1h_tokens=TOKENS,
    web_search_requests=st.integers(0, 2),
)
MODELS = st.sampled_from(("claude-haiku-5-5", "claude-sonnet-5-5-20261001", "claude-sonnet-5"))
MIDNIGHT = datetime(2026, 10, 7, tzinfo=UTC)
TIMES = st.sampled_from([MIDNIGHT + timedelta(seconds=seconds) for seconds in (-1, 0, 1)])
CALLS = st.lists(st.tuples(MODELS, USAGES, TIMES), max_size=12)


@given(CALLS)
def test_the_sum_of_a_group_costs_what_its_calls_cost(
    calls: list[tuple[str, Usage, datetime]],
) -> None:
    groups: dict[Group, Usage] = {}
    for model, used, at in calls:
        group = group_of(model, used, at)
        groups[group] = groups.get(group, Usage()).plus(used)
    alone = [exact_price(model, used, at) for model, used, at in calls]
    costs = [cost for cost in alone if cost is not None]
    expected = sum(costs) if len(costs) == len(alone) else None
    assert exact_cost(groups.items()) == expected


@pytest.mark.parametrize("model", ["claude-unheard-of-9", None, ""])
def test_a_group_of_an_unknown_model_has_no_price_unless_it_used_nothing(model: str | None) -> None:
    known = group_of("claude-haiku-5-5", Usage(), MIDNIGHT), Usage(output_tokens=2)
    unknown = group_of(model, Usage(), MIDNIGHT)
    assert exact_cost([known, (unknown, Usage(output_tokens=1))]) is None
    assert exact_cost([known, (unknown, Usage(web_fetch_requests=1))]) == 1
    assert exact_cost([]) == 0


@pytest.fixture
def far_west(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on whose clock the day ends hours later."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/Los_Angeles")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_west")
def test_the_day_of_a_group_is_that_of_utc_wherever_it_is_counted() -> None:
    late = datetime(2026, 10, 6, 20, tzinfo=timezone(timedelta(hours=-8)))
    assert group_of("m", Usage(), late).day == MIDNIGHT.date()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [((), 0), ((7,), 7), ((7, 8, 9), 24), ((MOST_COUNT, 1, MOST_COUNT), MOST_COUNT)],
)
def test_groups_together_used_the_sum_of_each_count(counts: tuple[int, ...], expected: int) -> None:
    group = Group("claude-haiku-5-5", MIDNIGHT.date(), 0)
    groups = [(group, Usage(input_tokens=each, web_fetch_requests=1)) for each in counts]
    told = Usage(input_tokens=expected, web_fetch_requests=len(counts))
    assert used_of(groups).usage == told
    assert used_of(groups).micro_dollars == exact_cost(groups)


def test_a_price_is_the_same_since_the_day_on_which_it_changed() -> None:
    for model in ("claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", None):
        for changed in PRICE_DAYS:
            group = Group(model, changed, 0)
            since = priced_since(group)
            assert since <= changed
            assert unit_prices(group._replace(day=since)) == unit_prices(group)
            before = group._replace(day=since - timedelta(days=1))
            assert since == date(1970, 1, 1) or unit_prices(before) != unit_prices(group)
