"""Many readers at once; an api that is killed under them."""

from tests.acceptance.readers import watched
from tests.stack import RunningStack


async def test_every_reader_is_told_every_event_once_in_order(stack: RunningStack) -> None:
    found = await watched(stack, runs=4, each=15, with_stalled=True)
    assert found.events > 10
