"""Questions to whoever is there: a core request that silence answers with no."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError

from shared.errors import Corrupt
from shared.log.jetstream.connection import Connection, NatsUnavailable

_ANSWER_SECONDS = 0.3


async def ask(connection: Connection, subject: str) -> bool:
    """Somebody says yes in time. Raises: NatsUnavailable, if nobody could be asked."""
    client = connection.client
    try:
        if not client.is_connected:
            raise NatsUnavailable("NATS is away: nobody could be asked")
        await client.request(subject, b"", timeout=_ANSWER_SECONDS)
    except (NoRespondersError, NatsTimeoutError, TimeoutError):
        return False
    except (NatsError, OSError) as error:
        raise NatsUnavailable(f"NATS carried no question: {error}") from error
    return True


@asynccontextmanager
async def answering(
    connection: Connection, subjects: str, knows: Callable[[str], bool]
) -> AsyncIterator[None]:
    """Say yes to the questions of which `knows` does, while the block lasts.

    They are heard for certain once it is entered. Raises: NatsUnavailable.
    """

    async def on_question(message: Msg) -> None:
        try:
            is_known = knows(message.subject)
        except Corrupt:
            return  # no question of ours
        if is_known:
            await message.respond(b"yes")

    try:
        subscription = await connection.client.subscribe(subjects, cb=on_question)
        await connection.client.flush()
    except (NatsError, OSError, TimeoutError) as error:
        raise NatsUnavailable(f"NATS took no subscription: {error or 'timed out'}") from error
    try:
        yield
    finally:
        if not connection.client.is_closed:
            await subscription.unsubscribe()
