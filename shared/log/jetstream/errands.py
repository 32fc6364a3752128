"""Errands as requests of NATS with two answers: that it is taken, and what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError

from shared.log.errands import (
    LONGEST_SECONDS,
    TAKEN_SECONDS,
    Answered,
    Came,
    Carry,
    NotTaken,
    Unanswered,
)
from shared.log.jetstream.connection import Connection, NatsUnavailable
from shared.log.subjects import WORKER_ERRAND

_GROUP = "errands"
_TAKEN, _BUSY = b"taken", b"busy"


class Errands:
    """See `shared.log.errands`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def ask(self, question: bytes, seconds: float = LONGEST_SECONDS) -> Came:
        client = self._connection.client
        try:
            if not client.is_connected:
                raise NatsUnavailable("NATS is away: nobody could be asked")
            inbox = client.new_inbox()
            answers = await client.subscribe(inbox)
            try:
                await client.publish(WORKER_ERRAND, question, reply=inbox)
                return await _came(answers, seconds)
            finally:
                if not client.is_closed:
                    await answers.unsubscribe()
        except (NatsError, OSError) as error:
            raise NatsUnavailable(f"NATS carried no errand: {error}") from error

    @asynccontextmanager
    async def carrying_out(self, carry: Carry, most: int) -> AsyncIterator[None]:
        client, tasks = self._connection.client, set[asyncio.Task[None]]()

        async def on_errand(message: Msg) -> None:
            is_busy = len(tasks) >= most
            with suppress(NatsError, OSError):
                await message.respond(_BUSY if is_busy else _TAKEN)
            if not is_busy:
                task = asyncio.create_task(_carry(carry, message))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

        try:
            subscription = await client.subscribe(WORKER_ERRAND, _GROUP, cb=on_errand)
            await client.flush()
        except (NatsError, OSError, TimeoutError) as error:
            raise NatsUnavailable(f"NATS took no subscription: {error or 'timed out'}") from error
        try:
            yield
        finally:
            if not client.is_closed:
                await subscription.unsubscribe()
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tuple(tasks))


async def _came(answers: Subscription, seconds: float) -> Came:
    first = await _next(answers, TAKEN_SECONDS)
    # Where nobody hears the subject, the server says so at once, by a message without a body.
    if first is None or not first.data:
        return NotTaken("nobody")
    if first.data == _BUSY:
        return NotTaken("busy")
    answer = await _next(answers, seconds)
    return Unanswered() if answer is None else Answered(answer.data)


async def _next(answers: Subscription, seconds: float) -> Msg | None:
    try:
        return await answers.next_msg(timeout=seconds)
    except (NatsTimeoutError, TimeoutError):
        return None


async def _carry(carry: Carry, message: Msg) -> None:
    answer = await carry(message.data)
    # Who asked waits in vain: to them it is not known what came of it.
    with suppress(NatsError, OSError):
        await message.respond(answer)
