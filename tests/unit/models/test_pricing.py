"""What usage costs at prices made up for it: free, unknown, rounded, by tier, by day."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from shared.models import CATALOGUE, Catalogue, capabilities, exact_price, price
from shared.models.period import Period
from shared.models.pricing import whole
from shared.run.content import Usage

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def catalogue(*, input_dollars: str = "1", search: str | None = None, name: str = "m") -> Catalogue:
    """One model, of which the prices of its input and of searches are known."""
    unknown = dict.fromkeys(("output", "cache_read", "cache_write_5m", "cache_write_1h"))
    tier = {"up_to_prompt_tokens": None, "input": input_dollars, **unknown}
    always = {"valid_from": None, "valid_to": None}
    known = CATALOGUE[0].models[0].model_dump(mode="json")
    entry = {**known, **always, "model": name, "prices": [{**always, "tiers": [tier]}]}
    fields = {"provider": "p", "comment": "", "web_search_per_1000": search, "models": [entry]}
    return Catalogue.model_validate(fields)


def test_searches_of_an_unknown_price_make_the_price_unknown_and_nothing_else_does() -> None:
    read, searched = Usage(input_tokens=7), Usage(input_tokens=7, web_search_requests=1)
    assert catalogue().exact_price("m", read, NOW, 7) == 7
    assert catalogue().exact_price("m", searched, NOW, 7) is None
    assert catalogue(search="10").exact_price("m", searched, NOW, 7) == 10_007


def test_what_is_free_costs_nothing() -> None:
    assert catalogue(input_dollars="0").exact_price("m", Usage(input_tokens=7), NOW, 7) == 0


def test_a_name_with_a_date_is_found_as_it_stands() -> None:
    dated = catalogue(name="m-20260101")
    assert dated.capabilities("m-20260101", NOW)
    assert dated.capabilities("m-20260102", NOW) is None
    assert dated.capabilities("m", NOW) is None


@pytest.mark.parametrize(("exact", "rounded"), [("0.5", 1), ("2.5", 3), ("2.49", 2), ("2", 2)])
def test_half_a_micro_dollar_is_rounded_up(exact: str, rounded: int) -> None:
    assert whole(Decimal(exact)) == rounded


def test_the_tier_is_that_of_the_prompt_it_is_asked_for() -> None:
    used = Usage(input_tokens=1_000_000)
    model = "claude-haiku-5-5"
    small, large = (exact_price(model, used, NOW, prompt) for prompt in (100_000, 100_001))
    assert small is not None
    assert large is not None
    assert small < large
    assert exact_price(model, used, NOW) == large


@pytest.mark.parametrize("kept", ["cache_creation_5m_tokens", "cache_creation_1h_tokens"])
def test_tokens_written_to_the_cache_are_part_of_the_prompt(kept: str) -> None:
    written = Usage(input_tokens=100_000, **{kept: 1})
    small = price("claude-haiku-5-5", Usage(input_tokens=100_000), NOW)
    assert small is not None
    assert (price("claude-haiku-5-5", written, NOW) or 0) > 2 * small


@pytest.fixture
def _in_auckland(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_in_auckland")
def test_days_are_those_of_utc_wherever_the_machine_stands() -> None:
    period = Period(valid_from=None, valid_to=datetime(2026, 11, 28, tzinfo=UTC).date())
    assert period.holds(datetime(2026, 11, 27, 23, 59, tzinfo=UTC))
    assert not period.holds(datetime(2026, 11, 28, tzinfo=UTC))
    assert capabilities("claude-sonnet-4-5", datetime(2026, 11, 29, 23, tzinfo=UTC))
