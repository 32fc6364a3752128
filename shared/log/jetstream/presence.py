"""Who is there: said every second on core NATS, forgotten after three of silence.

What is said is `here`, or what a member has to say of itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress

from nats.errors import Error as NatsError

from shared.log.jetstream.connection import Connection
from shared.log.jetstream.hearing import Message, hear
from shared.log.subjects import member_of, presence_of

_SAY_SECONDS = 1.0
_LEAST_SECONDS = 0.1
_FORGET_SECONDS = 3.5
_GONE = b"gone"


class Heard:
    """The members of a group, by when they were last heard; `name` is one of them, if given."""

    def __init__(self, name: str | None = None) -> None:
        self._names = frozenset(() if name is None else (name,))
        self._seen: dict[str, tuple[float, bytes]] = {}

    def alive(self) -> frozenset[str]:
        """The names heard of lately, one's own among them."""
        return self._names | self.said().keys()

    def said(self) -> Mapping[str, bytes]:
        """What each member heard of lately says of itself."""
        oldest = asyncio.get_running_loop().time() - _FORGET_SECONDS
        return {name: said for name, (seen, said) in self._seen.items() if seen >= oldest}

    def seconds_ago(self, name: str) -> float:
        """How long ago one of these said so."""
        return asyncio.get_running_loop().time() - self._seen[name][0]

    def on_message(self, message: Message) -> None:
        """Somebody says that it is there, or that it goes."""
        name = member_of(message.subject)
        if message.data == _GONE:
            self._seen.pop(name, None)
        else:
            self._seen[name] = asyncio.get_running_loop().time(), message.data


@asynccontextmanager
async def presence(
    connection: Connection,
    group: str,
    name: str,
    say: Callable[[], bytes],
    news: asyncio.Event | None = None,
) -> AsyncIterator[Heard]:
    """Being heard, and hearing the others, for as long as the block lasts."""
    async with (
        attendance(connection, group, name) as heard,
        announced(connection, group, name, say, news),
    ):
        yield heard


@asynccontextmanager
async def attendance(
    connection: Connection, group: str, name: str | None = None
) -> AsyncIterator[Heard]:
    """Hearing the members of a group for as long as the block lasts."""
    heard = Heard(name)
    subscription = await hear(connection.client, presence_of(group), heard.on_message)
    try:
        yield heard
    finally:
        if not connection.client.is_closed:
            await subscription.unsubscribe()


@asynccontextmanager
async def announced(
    connection: Connection,
    group: str,
    name: str,
    say: Callable[[], bytes],
    news: asyncio.Event | None = None,
) -> AsyncIterator[None]:
    """Being heard for as long as the block lasts."""
    subject = presence_of(group, name)
    task = asyncio.create_task(_say(connection, subject, say, news or asyncio.Event()))
    try:
        yield
    finally:
        task.cancel()
        if not connection.client.is_closed:
            await connection.client.publish(subject, _GONE)


async def _say(
    connection: Connection, subject: str, say: Callable[[], bytes], news: asyncio.Event
) -> None:
    while True:
        news.clear()
        with suppress(NatsError, OSError):
            await connection.client.publish(subject, say())
        await asyncio.sleep(_LEAST_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(_SAY_SECONDS - _LEAST_SECONDS):
                await news.wait()
