"""Live facts: core subscriptions on what the stream republishes after storing.

At most once: at any disturbance the feed says `Gap`, and its reader reads on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from shared.log.jetstream.connection import Connection, NatsUnavailable
from shared.log.jetstream.hearing import Message, hear
from shared.log.jetstream.leaders import Leaders
from shared.log.port import Gap, Live
from shared.log.subjects import split_live

_MOST_WAITING = 100_000


class Feed:
    """Facts and gaps in order of arrival."""

    def __init__(self) -> None:
        self._arrived: list[Live | Gap] = []
        self._wake = asyncio.Event()

    async def next(self) -> list[Live | Gap]:
        """All that has arrived, at least one, in order of arrival."""
        while not self._arrived:
            self._wake.clear()
            await self._wake.wait()
        arrived, self._arrived = self._arrived, []
        return arrived

    def on_message(self, message: Message) -> None:
        """A republished fact; anything else on the subject is no fact of the log."""
        sequence = message.headers.get("Nats-Sequence")
        if sequence is None:
            return
        workspace, run, rest = split_live(message.subject)
        self._put(Live(int(sequence), workspace, run, rest, message.data))

    def on_disturbance(self, reason: str) -> None:
        """Facts may have been lost."""
        self._put(Gap(reason))

    def _put(self, item: Live | Gap) -> None:
        if len(self._arrived) >= _MOST_WAITING:
            self._arrived = [Gap("not read in time")]
        self._arrived.append(item)
        self._wake.set()


@asynccontextmanager
async def live(
    connection: Connection, leaders: Leaders, filters: Sequence[str]
) -> AsyncIterator[Feed]:
    """A feed that has been subscribed for certain."""
    feed = Feed()
    client = connection.client
    subscriptions: list[Subscription] = []
    connection.listen(feed.on_disturbance)
    try:
        try:
            await leaders.hear()
            for each in filters:
                subscription = await hear(client, each, feed.on_message)
                subscriptions.append(subscription)
            await client.flush()
        except (NatsError, OSError, TimeoutError) as error:
            raise NatsUnavailable(f"NATS took no subscription: {error or 'timed out'}") from error
        yield feed
    finally:
        connection.forget(feed.on_disturbance)
        for subscription in subscriptions:
            if not client.is_closed:
                await subscription.unsubscribe()
