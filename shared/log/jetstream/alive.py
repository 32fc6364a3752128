"""Is somebody still executing this attempt? A core request that silence answers with no."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from shared.log.jetstream.connection import Connection, NatsUnavailable
from shared.log.subjects import AttemptKey, split_alive

_ANSWER_SECONDS = 0.3


async def ask(connection: Connection, attempt: AttemptKey) -> bool:
    """Somebody says so in time."""
    try:
        await connection.client.request(attempt.alive_subject, b"", timeout=_ANSWER_SECONDS)
    except (NatsError, OSError, TimeoutError):
        return False
    return True


@asynccontextmanager
async def answering(
    connection: Connection, executing: Callable[[AttemptKey], bool]
) -> AsyncIterator[None]:
    """Answer such questions for as long as the block lasts; heard for certain once entered.

    Raises: NatsUnavailable.
    """

    async def on_question(message: Msg) -> None:
        if executing(split_alive(message.subject)):
            await message.respond(b"yes")

    try:
        subscription = await connection.client.subscribe("alive.*.*.*.*", cb=on_question)
        await connection.client.flush()
    except (NatsError, OSError, TimeoutError) as error:
        raise NatsUnavailable(f"NATS took no subscription: {error or 'timed out'}") from error
    try:
        yield
    finally:
        if not connection.client.is_closed:
            await subscription.unsubscribe()
