"""Hearing messages the moment they are read from the socket, without a task in between.

nats-py hands a subscription's messages over through a queue to a task. A subscription whose queue
is `Straight` has none of that: the parser calls its handler with each message that it reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from shared.errors import Corrupt
from shared.runtime.logging import logger

_log = logger()

_BEFORE_STATUS = b"NATS/1.0 "
_STATUS = slice(len(_BEFORE_STATUS), len(_BEFORE_STATUS) + 3)


class Message:
    """What was heard. Headers are looked into only when asked for: most handlers never do."""

    __slots__ = ("_header", "data", "reply", "subject")

    def __init__(self, subject: str, reply: str, data: bytes, header: bytes = b"") -> None:
        self.subject = subject
        self.reply = reply
        self.data = data
        self._header = header

    @property
    def status(self) -> str:
        """The server's own word in place of a message: three digits; "" for a message.

        Source: NATS ADR-4 (headers): a status stands in the line of the version.
        """
        header = self._header
        return header[_STATUS].decode() if header.startswith(_BEFORE_STATUS) else ""

    @property
    def headers(self) -> dict[str, str]:
        """The lines by name, split anew each time."""
        return header_lines(self._header)

    def line(self, name: str) -> str:
        """One line by name, "" if there is none: what most messages lack costs them nothing."""
        return self.headers.get(name, "") if name.encode() in self._header else ""


Handler = Callable[[Message], None]


class Straight(asyncio.Queue[Msg]):
    """The queue of a subscription whose messages are handled as they come: it holds nothing."""

    def __init__(self, handler: Handler) -> None:
        super().__init__()
        self._handler = handler

    def handle(self, message: Message) -> None:
        """Called by the parser in place of putting it in."""
        try:
            self._handler(message)
        except (LookupError, ValueError, Corrupt) as error:
            # A message that is not of the protocol must not end the connection's reader.
            _log.error("message.unreadable", subject=message.subject, error=repr(error))


async def hear(client: Client, subject: str, handler: Handler) -> Subscription:
    """Subscribe: `handler` is called in the connection's reader, so it must not take long."""
    subscription = await client.subscribe(subject, pending_msgs_limit=-1, pending_bytes_limit=-1)
    subscription._pending_queue = Straight(handler)
    return subscription


def header_lines(raw: bytes) -> dict[str, str]:
    """The lines of a header by name, and no more: the server's are well formed.

    Source: NATS ADR-4 (headers).
    """
    lines = raw.decode("utf-8", "replace").split("\r\n")
    return dict(line.split(": ", 1) for line in lines if ": " in line)
