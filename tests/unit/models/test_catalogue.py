"""The catalogue: what stands in its files, how names and times find it, what usage costs."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError

from shared.models import CATALOGUE, Catalogue, capabilities, default_max_tokens, in_dollars, price
from shared.models.catalogue import TIER_BOUNDS
from shared.run.content import Usage

NOW = datetime(2026, 11, 28, tzinfo=UTC)
MILLION = 1_000_000
ENTRIES = [entry for catalogue in CATALOGUE for entry in catalogue.models]


@pytest.mark.parametrize(
    ("model", "dollars_in", "dollars_out"),
    [
        ("claude-opus-5-5", "4", "20"),
        ("claude-sonnet-5-5", "2", "10"),
        ("claude-fable-5-1", "10", "50"),
        ("claude-sonnet-4-6", "3", "15"),
        ("claude-haiku-4-5", "1", "5"),
    ],
)
def test_a_million_tokens_cost_what_the_list_says(
    model: str, dollars_in: str, dollars_out: str
) -> None:
    assert price(model, Usage(input_tokens=MILLION), NOW) == int(dollars_in) * MILLION
    assert price(model, Usage(output_tokens=MILLION), NOW) == int(dollars_out) * MILLION


def test_the_size_of_the_prompt_decides_the_price_of_the_whole_call() -> None:
    small = Usage(input_tokens=60_000, cache_read_tokens=40_000, output_tokens=1_000)
    large = small.plus(Usage(cache_creation_5m_tokens=1))
    assert price("claude-haiku-5-5", small, NOW) == 6_000 + 400 + 500
    # 30,000 + 2,000 + 2,500 + 0.625, rounded at the end.
    assert price("claude-haiku-5-5", large, NOW) == 34_501


def test_every_kind_of_token_has_its_price_and_thinking_is_part_of_the_output() -> None:
    used = Usage(
        input_tokens=1_000,
        output_tokens=100,
        thinking_tokens=90,
        cache_read_tokens=10_000,
        cache_creation_5m_tokens=1_000,
        cache_creation_1h_tokens=1_000,
        web_search_requests=2,
        web_fetch_requests=5,
    )
    assert price("claude-sonnet-5-5", used, NOW) == 2_000 + 1_000 + 1_000 + 2_500 + 4_000 + 20_000


def test_a_price_is_that_of_its_day() -> None:
    read = Usage(cache_read_tokens=MILLION)
    before = datetime(2026, 10, 6, 23, 59, 59, tzinfo=UTC)
    after = datetime(2026, 10, 7, tzinfo=UTC)
    assert price("claude-sonnet-5-5", read, before) == 200_000
    assert price("claude-sonnet-5-5", read, after) == 100_000


def test_what_is_unknown_has_no_price_and_what_used_nothing_costs_nothing() -> None:
    used = Usage(input_tokens=1)
    assert price("claude-unheard-of-9", used, NOW) is None
    assert price(None, used, NOW) is None
    assert price(None, Usage(), NOW) == 0
    assert price("claude-sonnet-5-5", used, datetime(2026, 9, 27, tzinfo=UTC)) is None


def test_a_snapshot_is_known_by_the_name_without_its_date_and_another_model_is_not() -> None:
    dated, plain = (capabilities(f"claude-haiku-4-5{end}", NOW) for end in ("-20251001", ""))
    assert dated is plain is not None
    assert capabilities("claude-haiku-4-5-turbo", NOW) is None
    five, later = capabilities("claude-opus-5", NOW), capabilities("claude-opus-5-5", NOW)
    assert five
    assert later
    assert five.model != later.model


def test_a_model_that_ended_is_known_no_more() -> None:
    assert capabilities("claude-sonnet-4-5", datetime(2026, 11, 29, 23, tzinfo=UTC))
    assert capabilities("claude-sonnet-4-5", datetime(2026, 11, 30, tzinfo=UTC)) is None


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.model)
def test_an_entry_agrees_with_itself_and_says_where_it_is_from(entry: object) -> None:
    known = next(each for each in ENTRIES if each is entry)
    assert "Source" in known.comment
    assert known.prices
    efforts = known.efforts
    assert efforts is None or known.default_effort is None or known.default_effort in efforts
    thinking = known.thinking
    if thinking and thinking.off == "never":
        assert thinking.by_default
    if thinking and thinking.off_efforts and efforts:
        assert set(thinking.off_efforts) < set(efforts)


def test_an_answer_may_be_as_long_as_the_model_allows_but_not_without_end() -> None:
    assert default_max_tokens(capabilities("claude-haiku-5-5", NOW)) == 32_000
    assert default_max_tokens(None) == 8_192
    assert default_max_tokens(capabilities("claude-opus-4-7", NOW)) == 8_192


def test_money_is_told_with_six_places_or_not_at_all() -> None:
    told = {0: "0.000000", 1: "0.000001", 34_501: "0.034501", 12_000_000: "12.000000"}
    assert {micro: in_dollars(Decimal(micro)) for micro in told} == told
    assert in_dollars(None) is None


def test_the_sizes_at_which_prices_change_are_known() -> None:
    assert TIER_BOUNDS == (100_000,)


def test_periods_that_overlap_or_leave_a_hole_are_refused() -> None:
    whole = CATALOGUE[0].model_dump(mode="json")
    twice = {**whole, "models": [whole["models"][0], whole["models"][0]]}
    with pytest.raises(ValidationError, match="expected periods that follow each other"):
        Catalogue.model_validate(twice)


def test_a_field_that_nobody_knows_is_refused() -> None:
    whole = CATALOGUE[0].model_dump(mode="json")
    wrong = {**whole, "models": [{**whole["models"][0], "contxt": 1}]}
    with pytest.raises(ValidationError, match="contxt"):
        Catalogue.model_validate(wrong)
