"""Replaying a partition: every lifecycle entry in order, by its durable consumer, without acks.

    reset behind `after`  ->  1, 2, 3 ...  ->  hole, silence, or another's reset: NatsUnavailable

It resets once, and never by itself again: whoever replays then reads its position anew, and with it
whether the partition is still its own. So a reset that comes late, of one that owns it no more, can
only go back: what it brings is at or behind `after`, or breaks the numbering, and is noticed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from shared.log import declared
from shared.log.jetstream.connection import Connection, NatsUnavailable
from shared.log.jetstream.publisher import Publisher
from shared.log.jetstream.pull import Pull, PullFrom, pulling
from shared.log.port import Delivery, Entry

_WINDOW = 4000
_CHECK_SECONDS = 5.0
_RESET = f"$JS.API.CONSUMER.RESET.{declared.RUNS}"
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
) -> AsyncGenerator[list[Entry], None]:
    """See the module. Raises: NatsUnavailable when its place was lost."""
    name = declared.projector_consumer(partition)
    source = PullFrom(declared.RUNS, name)
    order = 0
    async with pulling(connection, publisher, source) as pull, _doubting(connection) as doubt:
        await _reset(connection, name, after)
        pull.credit(_WINDOW)
        while True:
            deliveries = await _arriving(connection, pull, doubt, name, order)
            pull.credit(len(deliveries))
            good = _consecutive(deliveries, order, after)
            if good:
                order, after = good[-1].order, good[-1].entry.sequence
                yield [delivery.entry for delivery in good]
            if len(good) < len(deliveries):
                raise NatsUnavailable("the consumer of a replay was begun anew, or skipped")


async def _reset(connection: Connection, name: str, after: int) -> None:
    """Have the consumer begin behind `after`, its numbering at 1.

    Source: NATS JetStream API, CONSUMER.RESET (server 2.14).
    """
    answer = await connection.request(f"{_RESET}.{name}", {"seq": after + 1})
    if "error" in answer:
        raise NatsUnavailable(f"NATS did not reset {name}: {answer['error'].get('description')}")


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


def _consecutive(deliveries: list[Delivery], order: int, after: int) -> list[Delivery]:
    """The deliveries before the first hole in the consumer's numbering, all behind `after`."""
    for index, delivery in enumerate(deliveries):
        if delivery.order != order + index + 1 or delivery.entry.sequence <= after:
            return deliveries[:index]
    return deliveries
