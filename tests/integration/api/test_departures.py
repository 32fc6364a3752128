"""Readers who leave a run that is wanted only for them, over HTTP and two apis."""

import pytest

from shared.log import Log
from shared.log.port import Entry
from tests.eventually import eventually
from tests.integration.api.conftest import started
from tests.integration.api.story import Service


async def wish_of(log: Log, run: str) -> Entry | None:
    """The recorded cancel, if there is one."""
    entries = (await log.history("default", run)).entries
    return next((entry for entry in entries if entry.rest == "cancel"), None)


@pytest.mark.long
async def test_a_reader_may_move_to_another_api_and_the_run_ends_when_it_leaves_that(
    service: Service, log: Log, nats_url: str, database_url: str
) -> None:
    kept = await service.run(on_disconnect="cancel")
    left = await service.run(on_disconnect="cancel")
    async with started(nats_url, database_url) as other:
        async with other.http.stream("GET", f"/api/v1/runs/{kept}/events") as moved:
            pieces = moved.aiter_bytes()
            await anext(pieces)
            for run in (kept, left):
                async with service.http.stream("GET", f"/api/v1/runs/{run}/events") as reading:
                    await anext(reading.aiter_bytes())
            wish = await eventually(lambda: wish_of(log, left))
            assert b"last reader left" in wish.data
            assert await wish_of(log, kept) is None
        await eventually(lambda: wish_of(log, kept))
