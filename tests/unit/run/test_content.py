"""What facts carry besides identity."""

from shared.run.content import Usage

ALL_DIFFERENT = {name: 10**place for place, name in enumerate(Usage.model_fields)}


def test_usage_is_summed_field_by_field() -> None:
    summed = Usage(**ALL_DIFFERENT).plus(Usage(**ALL_DIFFERENT))
    assert summed.model_dump() == {name: 2 * count for name, count in ALL_DIFFERENT.items()}
