"""Serve a tool that agents call: a function of yours, behind a queue on NATS.

async def weather(call: ToolCall) -> object:
    return {"city": call.input["city"], "celsius": 21}

asyncio.run(serve_tool(os.environ["NATS_URL"], "default", "weather", weather))

    penstock_client.tool_server     the connection, from the first call to the last
    penstock_client.tool_calls      a call and its answer, as they are on the wire
    penstock_client.stopping        SIGTERM
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from penstock_client.errors import RejectedError, UnavailableError
from penstock_client.stopping import told_to_stop
from penstock_client.tool_calls import Handler, answer_to, error_answer

_log = logging.getLogger("penstock_client.tools")

QUEUE: Final = "tools"
"""The group of all who serve a tool: each call goes to one of them."""
_WORKSPACE = re.compile(r"[a-z0-9-]{1,63}")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CONNECT_SECONDS = 5
_OPTIONS: dict[str, Any] = {
    "connect_timeout": _CONNECT_SECONDS,
    "max_reconnect_attempts": 1,
    "reconnect_time_wait": 1,
    "ping_interval": 5,
    "max_outstanding_pings": 2,
    "pending_size": 64 << 20,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolBounds:
    """How much one server takes on.

    `at_once` calls are carried out side by side, `most_waiting` more wait their turn, and any
    beyond are answered with the error `busy`. Who stops waits `drain_seconds` for those under way.
    `tls` is for servers whose certificate the system does not know.

    Raises: ValueError, for bounds by which no call would be carried out.
    """

    at_once: int = 16
    most_waiting: int = 1000
    drain_seconds: float = 30.0
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        if self.at_once < 1 or self.most_waiting < 0 or not self.drain_seconds >= 0:
            got = f"{self.at_once}, {self.most_waiting} and {self.drain_seconds}"
            message = "expected at_once of 1 or more, most_waiting and drain_seconds of 0 or more"
            raise ValueError(f"{message}, got {got}")


async def serve_tool(
    url: str, workspace: str, name: str, handler: Handler, bounds: ToolBounds | None = None
) -> None:
    """Answer the calls of the tool `name` with what `handler` returns, until told to stop.

    `url` is what `penstock nats-user --workspace W --tools` prints, or several with commas. What
    the handler returns is JSON of at most 1 MiB, or what the tool's `largest_bytes` says: a text is
    told to the model as it is. A `ToolError` that it raises is told with its code and message;
    any other exception is logged, and told as `tool_error` without its words.

    Several servers of a tool share its calls. A lost connection is made again for as long as it
    takes, and answers wait for it. The same call may come twice, with the same `idempotency_key`.

    SIGTERM, or that the task is cancelled, takes no more calls on and lets those under way be
    answered.

    Raises: RejectedError, if the user may not serve this tool; UnavailableError, if NATS does not
    answer at the start, or no longer lets the user in.
    """
    subject = _subject(workspace, name)
    bounds = bounds or ToolBounds()
    async with _connected(url, bounds.tls) as connected:
        server = _Server(connected.client, handler, bounds)
        subscription: Any = await connected.client.subscribe(subject, QUEUE, cb=server.take)
        try:
            await _flushed(connected.client)
            if connected.refusals:
                raise RejectedError(
                    f"expected a user that may serve {subject}, got {connected.refusals[0]}",
                    code="not_allowed",
                )
            _log.info("serving %s", subject)
            await _until_told_to_stop(connected.is_refused)
        finally:
            if connected.client.is_connected:
                with suppress(NatsError, OSError):
                    await subscription.drain()
            await server.finish()
    if connected.is_refused.is_set():
        raise UnavailableError("NATS no longer lets the user in", code="nats_unavailable")


class _Server:
    """The calls that are under way."""

    def __init__(self, client: Client, handler: Handler, bounds: ToolBounds) -> None:
        self._client = client
        self._handler = handler
        self._bounds = bounds
        self._places = asyncio.Semaphore(bounds.at_once)
        self._under_way: dict[asyncio.Task[None], Msg] = {}

    async def take(self, message: Msg) -> None:
        """Begin a call, or have it wait its turn."""
        if not message.reply:
            return
        if len(self._under_way) >= self._bounds.at_once + self._bounds.most_waiting:
            busy = f"{len(self._under_way)} calls are under way already: try again later"
            await self._respond(message, error_answer("busy", busy))
            return
        task = asyncio.create_task(self._carry_out(message))
        self._under_way[task] = message
        task.add_done_callback(self._forget)

    async def finish(self) -> None:
        """Wait for all that was taken on, and tell those off that take too long."""
        if self._under_way:
            await asyncio.wait([*self._under_way], timeout=self._bounds.drain_seconds)
        left = dict(self._under_way)
        for task, message in left.items():
            task.cancel()
            stopped = "the tool was stopped in the middle of the call: it may have been done"
            await self._respond(message, error_answer("tool_stopped", stopped))
        await asyncio.gather(*left, return_exceptions=True)

    async def _carry_out(self, message: Msg) -> None:
        arrived = asyncio.get_running_loop().time()
        async with self._places:
            waited = asyncio.get_running_loop().time() - arrived
            answer = await answer_to(message.data, self._handler, waited)
        if answer is not None:
            await self._respond(message, answer)

    async def _respond(self, message: Msg, answer: bytes) -> None:
        largest = self._client.max_payload
        if len(answer) > largest:
            too_large = f"expected an answer of at most {largest:,} bytes, got {len(answer):,}"
            answer = error_answer("answer_too_large", too_large)
        try:
            await self._client.publish(message.reply, answer)
        except NatsError as error:
            _log.warning("an answer was not sent: %s", error)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._under_way.pop(task, None)


class _Connected:
    """A connection, and what NATS said of it."""

    def __init__(self) -> None:
        self.client = Client()
        self.is_refused = asyncio.Event()
        self.refusals: list[str] = []
        self.last_error: Exception | None = None

    async def on_error(self, error: Exception) -> None:
        self.last_error = error
        if "permissions violation" in str(error).lower():
            self.refusals.append(str(error))
        if "authorization violation" in str(error).lower():
            # The library would try for ever, and nobody would learn why nothing comes.
            self.is_refused.set()
        _log.warning("NATS: %s", error)


async def _flushed(client: Client) -> None:
    """Returns when NATS has read what was sent, and said what it refuses of it.

    The library's question goes before what it has not written yet, so it is asked again once the
    first is answered: by then all is written.
    """
    for _ in range(2):
        await client.flush()


@asynccontextmanager
async def _connected(url: str, tls: ssl.SSLContext | None) -> AsyncIterator[_Connected]:
    """A connection that comes back by itself. Raises: UnavailableError, if there is none."""
    made = _Connected()
    addresses = [each.strip() for each in url.split(",")]
    try:
        async with asyncio.timeout((_CONNECT_SECONDS + 1) * (len(addresses) + 1)):
            await made.client.connect(addresses, tls=tls, error_cb=made.on_error, **_OPTIONS)
    except (NatsError, OSError, TimeoutError) as error:
        reason = str(made.last_error or error) or "no answer in time"
        message = f"expected a NATS server that lets the user in, got {reason}"
        await made.client.close()  # a refused connection is still open
        raise UnavailableError(message, code="nats_unavailable") from error
    made.is_refused.clear()
    # At the start it is better to end with the reason; from then on it is tried for ever.
    made.client.options["max_reconnect_attempts"] = -1
    try:
        yield made
    finally:
        await _to_its_end(asyncio.create_task(_closed(made.client)))


async def _closed(client: Client) -> None:
    if client.is_connected:
        with suppress(NatsError, OSError, TimeoutError):
            await client.flush(_CONNECT_SECONDS)
    with suppress(NatsError, OSError):
        await client.close()


async def _to_its_end(task: asyncio.Task[None]) -> None:
    """Returns when the task is done, however often the waiting is cancelled meanwhile."""
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            cancelled = True
    await task
    if cancelled:
        raise asyncio.CancelledError


async def _until_told_to_stop(refused: asyncio.Event) -> None:
    with told_to_stop() as stop:
        waiting = [asyncio.ensure_future(event.wait()) for event in (stop, refused)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()


def _subject(workspace: str, name: str) -> str:
    for kind, form, value in (("workspace", _WORKSPACE, workspace), ("tool", _NAME, name)):
        if not form.fullmatch(value):
            message = f"expected the name of a {kind}, as {form.pattern}, got {value[:100]!r}"
            raise RejectedError(message, code="bad_name")
    return f"tools.{workspace}.{name}"
