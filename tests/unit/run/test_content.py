"""What facts carry besides identity."""

from shared.run.content import Usage

ALL_DIFFERENT = {name: 10**place for place, name in enumerate(Usage.model_fields)}


def test_usage_is_summed_field_by_field() -> None:
    summed = Usage(**ALL_DIFFERENT).plus(Usage(**ALL_DIFFERENT))
    assert summed.model_dump() == {name: 2 * count for name, count in ALL_DIFFERENT.items()}


def test_every_token_read_or_written_counts_and_thinking_only_as_output() -> None:
    usage = Usage(
        input_tokens=1,
        output_tokens=2,
        thinking_tokens=4,
        cache_read_tokens=8,
        cache_creation_5m_tokens=16,
        cache_creation_1h_tokens=32,
    )
    assert usage.total_tokens() == 1 + 2 + 8 + 16 + 32
