"""What a service waits for at its start, a log that is provisioned, and how it is bounded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from shared.errors import Unavailable
from shared.log.bounds import CREDENTIALS_BYTES, QUEUES_BYTES, Bounds
from shared.log.encryption import nats_address
from shared.log.jetstream import JetStreamLog, connect
from shared.runtime.process import wait_for
from shared.runtime.settings import Settings

_HINT = "Start nats-server with JetStream, or set NATS_URL; then run `penstock migrate`."


def bounds_of(settings: Settings) -> Bounds:
    """The bounds that these settings give the stores."""
    return Bounds(
        runs=settings.max_log_bytes,
        timers=settings.max_timer_bytes,
        blobs=settings.max_blob_bytes,
        flows=settings.max_flow_bytes,
        idempotency=settings.max_key_bytes,
        credentials=CREDENTIALS_BYTES,
        queues=QUEUES_BYTES,
    )


@asynccontextmanager
async def open_log(settings: Settings, name: str) -> AsyncIterator[JetStreamLog]:
    """The log, once NATS answers and is provisioned. Raises: Unavailable after the wait."""
    async with AsyncExitStack() as stack:

        async def reach() -> JetStreamLog:
            async with AsyncExitStack() as attempt:
                log = await attempt.enter_async_context(connect(nats_address(settings), name=name))
                if not (await log.about()).partitions:
                    raise Unavailable("the log is not provisioned yet")
                stack.push_async_exit(attempt.pop_all())
                return log

        yield await wait_for("log", reach, seconds=settings.wait_seconds, hint=_HINT)
