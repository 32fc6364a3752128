"""Hearing messages the moment they are read from the socket, without a task in between.

nats-py hands a subscription's messages over through a queue to a task; at tens of thousands of
messages a second that hand-over costs more than what is done with them. A queue that handles
what is put into it instead of keeping it leaves it out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from shared.runtime.logging import logger

_log = logger()

Handler = Callable[[Msg], None]


class _Straight(asyncio.Queue[Msg]):
    """Handles each message as it comes; never holds one."""

    def __init__(self, handler: Handler) -> None:
        super().__init__()
        self._handler = handler

    def put_nowait(self, item: Msg) -> None:
        try:
            self._handler(item)
        except (LookupError, ValueError) as error:
            # A message that is not of the protocol must not end the connection's reader.
            _log.error("message.unreadable", subject=item.subject, error=repr(error))


class LeanClient(Client):
    """A client that splits header lines, and no more: the server's are well formed.

    Its reader outlives those who ask the server for a sign of life and leave before it comes: the
    library's own ends with the first of them, and nothing is heard until the connection is given
    up.
    """

    async def _process_pong(self) -> None:
        if not self._pongs:
            return
        waiting = self._pongs.pop(0)
        if not waiting.done():
            waiting.set_result(True)
        self._pongs_received += 1
        self._pings_outstanding = 0

    @staticmethod
    def _parse_header_lines(raw: bytes) -> dict[str, str]:
        lines = raw.decode("utf-8", "replace").split("\r\n")
        return dict(line.split(": ", 1) for line in lines if ": " in line)


async def hear(client: Client, subject: str, handler: Handler) -> Subscription:
    """Subscribe: `handler` is called in the connection's reader, so it must not take long."""
    subscription = await client.subscribe(subject, pending_msgs_limit=-1, pending_bytes_limit=-1)
    subscription._pending_queue = _Straight(handler)
    return subscription
