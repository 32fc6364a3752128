"""What a service waits for at its start: a log that is provisioned."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.errors import Unavailable
from shared.log.jetstream import JetStreamLog, connect
from shared.runtime.process import wait_for
from shared.runtime.settings import Settings

_HINT = "Start nats-server with JetStream, set NATS_URL, and run `penstock migrate`."


@asynccontextmanager
async def open_log(settings: Settings, name: str) -> AsyncIterator[JetStreamLog]:
    """The log, once NATS answers and is provisioned. Raises: Unavailable after the wait."""
    await wait_for(
        "provisioned NATS server",
        lambda: _probe(settings, name),
        seconds=settings.wait_seconds,
        hint=_HINT,
    )
    async with connect(settings.nats_url, name=name) as log:
        yield log


async def _probe(settings: Settings, name: str) -> None:
    async with connect(settings.nats_url, name=name) as log:
        about = await log.about()
        if not about.partitions:
            raise Unavailable("the log is not provisioned yet")
