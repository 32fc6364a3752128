"""Questions to whoever is there: a core request that may be answered with silence."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
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
    return await answer_to(connection, subject, b"", _ANSWER_SECONDS) is not None


async def answer_to(
    connection: Connection, subject: str, question: bytes, seconds: float
) -> bytes | None:
    """The first answer in time; None for silence. Raises: NatsUnavailable, as `ask`."""
    client = connection.client
    try:
        if not client.is_connected:
            raise NatsUnavailable("NATS is away: nobody could be asked")
        return (await client.request(subject, question, timeout=seconds)).data
    except (NoRespondersError, NatsTimeoutError, TimeoutError):
        return None
    except (NatsError, OSError) as error:
        raise NatsUnavailable(f"NATS carried no question: {error}") from error


@asynccontextmanager
async def answering(
    connection: Connection, subjects: str, knows: Callable[[str], bool]
) -> AsyncIterator[None]:
    """Say yes to the questions of which `knows` does, while the block lasts.

    They are heard for certain once it is entered. Raises: NatsUnavailable.
    """

    async def answer(subject: str, question: bytes) -> bytes | None:
        return b"yes" if knows(subject) else None

    async with telling(connection, subjects, answer):
        yield


@asynccontextmanager
async def telling(
    connection: Connection,
    subjects: str,
    answer: Callable[[str, bytes], Awaitable[bytes | None]],
) -> AsyncIterator[None]:
    """Answer what is asked on these subjects, one after the other; None is silence.

    They are heard for certain once it is entered. Raises: NatsUnavailable.
    """

    async def on_question(message: Msg) -> None:
        try:
            said = await answer(message.subject, message.data)
        except Corrupt:
            return  # no question of ours
        if said is not None and message.reply:
            await message.respond(said)

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
