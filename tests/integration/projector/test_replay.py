"""A partition's consumer is begun anew by whoever replays it; whoever had it notices."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from shared.errors import Unavailable
from shared.log import connect
from shared.log.provision import provision
from tests.contract.story import Story
from tests.contract.world import replaying, stored

RUN = "019a0000-0000-7000-8000-000000000001"


async def test_a_replay_that_another_took_over_ends_and_hands_on_nothing_of_what_follows(
    nats_url: str,
) -> None:
    await provision(nats_url, partitions=1, pools=("local",))
    story = Story("acme", RUN, 0)
    async with connect(nats_url, name="one") as log, connect(nats_url, name="two") as rival:
        sequences = await stored(log, *(story.ready(step) for step in range(10)))
        first = log.replay(0, after=0)
        assert isinstance(first, AsyncGenerator)
        had = await anext(first)
        while len(had) < len(sequences):
            had += await anext(first)
        ends = asyncio.create_task(anext(first))
        async with replaying(rival, 0, after=sequences[4]) as second:
            assert (await anext(second))[0].sequence == sequences[5]
            with pytest.raises(Unavailable, match="begun anew, or skipped"):
                await ends
        await first.aclose()
