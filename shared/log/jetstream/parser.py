"""The server's side of the protocol, read with as little as it takes.

    MSG <subject> <sid> [reply] <size>\\r\\n<data>\\r\\n
    HMSG <subject> <sid> [reply] <header size> <total size>\\r\\n<header><data>\\r\\n

These two make up nearly all that comes, and are taken out of what was read where they stand. The
rest, a line each (INFO, PING, PONG, +OK, -ERR), is left to the library's parser, which matches
every message against patterns and moves the rest of its buffer for each.

Source: NATS client protocol.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nats.aio.client import Client
from nats.errors import ProtocolError
from nats.protocol.parser import Parser

from shared.log.jetstream.hearing import Message, Straight

_LINE_END = b"\r\n"
_WITH_HEADER = b"HMSG"
# How many words such a line has without a reply subject.
_KINDS = {b"MSG": 4, _WITH_HEADER: 5}

Rest = Callable[[int], Awaitable[None]]


class LeanParser(Parser):
    """Takes whole messages; what is cut off waits for its rest.

    `rest` is awaited when all that was read is handled: so many messages.
    """

    def __init__(self, client: Client, rest: Rest) -> None:
        super().__init__(client)
        self._rest = rest

    def reset(self) -> None:
        super().reset()
        self._messages = 0
        self._parts: list[bytes] = []
        self._size = 0
        self._wanted = 0

    async def parse(self, data: bytes = b"") -> None:
        """Handle all that is complete with these bytes. Raises: ProtocolError."""
        if self._parts:
            self._parts.append(data)
            self._size += len(data)
            if self._size < self._wanted:
                return
            data, self._parts = b"".join(self._parts), []
        self._wanted = 0
        at = await self._handled(data)
        if at < len(data):
            self._parts, self._size = [data[at:]], len(data) - at
        messages, self._messages = self._messages, 0
        await self._rest(messages)

    async def _handled(self, data: bytes) -> int:
        """Handle what is whole; where the first line or message begins that is not."""
        at = 0
        while (line_end := data.find(_LINE_END, at)) >= 0:
            body = line_end + 2
            words = data[at:line_end].split()
            kind = words[0] if words else b""
            if kind not in _KINDS:
                await super().parse(data[at:body])
                at = body
                continue
            header_end, stop = _extent(words, body)
            if stop + 2 > len(data):
                self._wanted = stop + 2 - at
                break
            reply = words[3] if len(words) > _KINDS[kind] else b""
            await self._hand_on(words, reply, data[body:header_end], data[header_end:stop])
            at = stop + 2
        return at

    async def _hand_on(self, words: list[bytes], reply: bytes, header: bytes, data: bytes) -> None:
        self._messages += 1
        sid = int(words[2])
        subscription = self.nc._subs.get(sid)
        if subscription is None:
            return  # unsubscribed meanwhile
        queue = subscription._pending_queue
        if isinstance(queue, Straight):
            queue.handle(Message(words[1].decode(), reply.decode(), data, header))
        else:
            await self.nc._process_msg(sid, words[1], reply, data, header)


def _extent(words: list[bytes], body: int) -> tuple[int, int]:
    """Where the header and the whole of a message end whose body begins there."""
    try:
        header_bytes = int(words[-2]) if words[0] == _WITH_HEADER else 0
        return body + header_bytes, body + int(words[-1])
    except (ValueError, IndexError) as error:
        raise ProtocolError("nats: malformed MSG") from error
