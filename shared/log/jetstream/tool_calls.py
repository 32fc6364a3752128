"""Calls of tools, each a core request whose answer has a subject of its own workspace.

The library's own requests have their answers at an inbox of the connection, which is nobody's of
another account. Here the account of who serves a workspace's tools may publish to that workspace's
answers (`shared.log.rights.tool_server`), and they are told apart by a token that nobody can guess.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_hex

from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError

from shared.log.jetstream.connection import Connection, NatsUnavailable
from shared.log.jetstream.hearing import Message, hear
from shared.log.subjects import tool_answer, tool_call
from shared.log.tool_calls import Unanswered

# Source: NATS docs, request-reply: a status in place of an answer where nobody hears a request.
_NOBODY = "503"


class ToolCalls:
    """See `shared.log.tool_calls`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def ask(
        self, workspace: str, name: str, call: bytes, seconds: float
    ) -> bytes | Unanswered:
        client = self._connection.client
        if not client.is_connected:
            raise NatsUnavailable("NATS is away: no tool could be called")
        reply = tool_answer(workspace, token_hex(16))
        try:
            async with self._answer(reply) as answer, asyncio.timeout(seconds):
                client.send(tool_call(workspace, name), call, reply)
                message = await answer
        except MaxPayloadError:
            return "too_large"
        except TimeoutError:
            return "silence"
        except (NatsError, OSError) as error:
            raise NatsUnavailable(f"NATS carried no call of a tool: {error}") from error
        return "nobody" if message.status == _NOBODY else message.data

    @asynccontextmanager
    async def _answer(self, subject: str) -> AsyncIterator[asyncio.Future[Message]]:
        """The first message on this subject, heard for as long as the block lasts."""
        client = self._connection.client
        first: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def on_message(message: Message) -> None:
            if not first.done():
                first.set_result(message)

        subscription = await hear(client, subject, on_message)
        try:
            yield first
        finally:
            if not client.is_closed:
                await subscription.unsubscribe()
