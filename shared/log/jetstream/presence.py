"""Who is there: names said every second on core NATS, forgotten after three of silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from shared.log.jetstream.connection import Connection
from shared.log.jetstream.hearing import hear

_SAY_SECONDS = 1.0
_FORGET_SECONDS = 3.5
_GONE = b"gone"


class Heard:
    """The members of a group, by when they were last heard."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen: dict[str, float] = {}

    def alive(self) -> frozenset[str]:
        """The names heard of lately, one's own among them."""
        oldest = asyncio.get_running_loop().time() - _FORGET_SECONDS
        return frozenset({self._name, *(n for n, seen in self._seen.items() if seen >= oldest)})

    def on_message(self, message: Msg) -> None:
        """Somebody says that it is there, or that it goes."""
        name = message.subject.rsplit(".", 1)[1]
        if message.data == _GONE:
            self._seen.pop(name, None)
        else:
            self._seen[name] = asyncio.get_running_loop().time()


@asynccontextmanager
async def presence(connection: Connection, group: str, name: str) -> AsyncIterator[Heard]:
    """Being heard, and hearing the others, for as long as the block lasts."""
    heard = Heard(name)
    subject = f"presence.{group}.{name}"
    subscription = await hear(connection.client, f"presence.{group}.*", heard.on_message)
    task = asyncio.create_task(_say(connection, subject))
    try:
        yield heard
    finally:
        task.cancel()
        if not connection.client.is_closed:
            await subscription.unsubscribe()
            await connection.client.publish(subject, _GONE)


async def _say(connection: Connection, subject: str) -> None:
    while True:
        with suppress(NatsError, OSError):
            await connection.client.publish(subject, b"here")
        await asyncio.sleep(_SAY_SECONDS)
