"""Replaying a partition: every lifecycle entry in order, by passing consumers without acks.

A consumer that went silent, or whose numbering has a hole, is replaced by one that begins behind
the last entry handed on: nothing is lost and nothing comes twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from shared.log import declared
from shared.log.jetstream.connection import Connection, NatsUnavailable
from shared.log.jetstream.publisher import Publisher
from shared.log.jetstream.pull import Pull, PullFrom, pulling
from shared.log.port import Delivery, Entry

_WINDOW = 4000
_EXPIRES_SECONDS = 10.0
_CHECK_SECONDS = 15.0
_RETRY_SECONDS = 0.5
_CREATE = f"$JS.API.CONSUMER.CREATE.{declared.RUNS}"
_DELETE = f"$JS.API.CONSUMER.DELETE.{declared.RUNS}"
_INFO = f"$JS.API.CONSUMER.INFO.{declared.RUNS}"


class _Doubt:
    """Is the consumer still there? A long silence or a new connection asks."""

    def __init__(self) -> None:
        self._is_raised = False
        self._patience: asyncio.Timeout | None = None

    def on_disturbance(self, reason: str) -> None:
        """End the patience of whoever waits, or of who will wait next."""
        if reason != "reconnected":
            return
        self._is_raised = True
        if self._patience is not None:
            self._patience.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def patience(self) -> AsyncIterator[None]:
        """Wait in here. Raises: TimeoutError when it is time to ask."""
        seconds = 0.0 if self._is_raised else _CHECK_SECONDS
        self._is_raised = False
        try:
            async with asyncio.timeout(seconds) as self._patience:
                yield
        finally:
            self._patience = None


@asynccontextmanager
async def _doubting(connection: Connection) -> AsyncIterator[_Doubt]:
    doubt = _Doubt()
    connection.listen(doubt.on_disturbance)
    try:
        yield doubt
    finally:
        connection.forget(doubt.on_disturbance)


async def replay(
    connection: Connection, publisher: Publisher, partition: int, after: int
) -> AsyncIterator[list[Entry]]:
    """See the module."""
    while True:
        try:
            consumer = _one_consumer(connection, publisher, partition, after)
            async with aclosing(consumer) as batches:
                async for batch in batches:
                    after = batch[-1].sequence
                    yield batch
        except NatsUnavailable:
            await asyncio.sleep(_RETRY_SECONDS)


async def _one_consumer(
    connection: Connection, publisher: Publisher, partition: int, after: int
) -> AsyncGenerator[list[Entry], None]:
    """Batches until the consumer is lost or skips."""
    config = declared.replay_consumer(partition, after)
    body = {"stream_name": declared.RUNS, "config": config}
    created = await connection.request(_CREATE, body)
    if "error" in created:
        raise NatsUnavailable(f"NATS made no consumer: {created['error'].get('description')}")
    name = created["name"]
    source = PullFrom(declared.RUNS, name, expires_seconds=_EXPIRES_SECONDS)
    order = 0
    try:
        async with pulling(connection, publisher, source) as pull, _doubting(connection) as doubt:
            pull.credit(_WINDOW)
            while True:
                deliveries = await _arriving(connection, pull, doubt, name, order)
                pull.credit(len(deliveries))
                good = _consecutive(deliveries, order)
                if good:
                    order = good[-1].order
                    yield [delivery.entry for delivery in good]
                if len(good) < len(deliveries):
                    return
    finally:
        await _delete(connection, name)


async def _arriving(
    connection: Connection, pull: Pull, doubt: _Doubt, name: str, order: int
) -> list[Delivery]:
    """What comes next; in doubt the server is asked whether anything was missed.

    Raises: NatsUnavailable when the consumer is gone or is ahead of what arrived.
    """
    while True:
        try:
            async with doubt.patience():
                return await pull.next()
        except TimeoutError:
            info = await connection.request(f"{_INFO}.{name}", {})
            if "error" in info or info["delivered"]["consumer_seq"] != order:
                raise NatsUnavailable("the consumer of a replay was lost") from None


def _consecutive(deliveries: list[Delivery], order: int) -> list[Delivery]:
    """The deliveries before the first hole in the consumer's numbering."""
    for index, delivery in enumerate(deliveries):
        if delivery.order != order + index + 1:
            return deliveries[:index]
    return deliveries


async def _delete(connection: Connection, name: str) -> None:
    try:
        await connection.request(f"{_DELETE}.{name}", {}, seconds=1)
    except NatsUnavailable:
        return  # it passes away by itself
