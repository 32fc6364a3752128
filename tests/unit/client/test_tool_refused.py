"""A tool that NATS lets nobody serve, as its user, is refused before it is said to be served."""

import asyncio

import pytest
from penstock_client import RejectedError, ToolCall, serve_tool

from cli.up.port import LOOPBACK
from tests.eventually import PATIENCE_SECONDS

REFUSED = b"-ERR 'Permissions Violation for Subscription to \"tools.default.weather\"'\r\n"


async def weather(call: ToolCall) -> object:
    return call.input


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A slow server: what it refuses is said when it is asked for a sign of life."""
    writer.write(b'INFO {"server_id":"s","version":"2.15.0","max_payload":1048576}\r\n')
    refusal = b""
    while line := await reader.readline():
        if line.startswith(b"SUB "):
            refusal = REFUSED
        if line == b"PING\r\n":
            writer.write(refusal + b"PONG\r\n")
    writer.close()


async def test_a_subscription_that_is_refused_is_heard_of_at_once() -> None:
    server = await asyncio.start_server(refuse, LOOPBACK, 0)
    url = f"nats://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
    with pytest.raises(RejectedError, match="expected a user that may serve"):
        await asyncio.wait_for(serve_tool(url, "default", "weather", weather), PATIENCE_SECONDS)
    server.close()
    await server.wait_closed()
