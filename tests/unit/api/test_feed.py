"""The law of the feed: the whole, once, in order, whatever is copied, deleted, lost or cut."""

import pytest

from tests.unit.api.feed_world import lived


@pytest.mark.parametrize("seed", range(40))
async def test_a_reader_of_a_feed_gets_all_that_counts_once_in_order(seed: int) -> None:
    counting, seen = await lived(seed)
    assert len(counting) > 20
    for each in seen:
        assert each == counting
