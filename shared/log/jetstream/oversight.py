"""What waits in the log, as its server counts it, and who is there.

Source: NATS JetStream API, consumer info (`num_pending`, `num_ack_pending`, `delivered`).
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any, cast

from shared.errors import Unavailable
from shared.log import declared
from shared.log.jetstream import question as questions
from shared.log.jetstream.connection import NO_ROOM, Connection, NatsUnavailable
from shared.log.jetstream.direct import Direct
from shared.log.jetstream.presence import Heard, attendance
from shared.log.oversight import Backlog, Store, Tell
from shared.log.parked import Look, Question, Service, look_of
from shared.log.queues import names_of
from shared.log.subjects import (
    LIFECYCLE,
    Address,
    parked_question,
    partition_filter,
    ready_filter,
    split_parked,
)

_INFO = f"$JS.API.CONSUMER.INFO.{declared.RUNS}"
# An entry that replaces itself, at no workspace's key.
_TRY = f"$KV.{declared.IDEMPOTENCY}._.room"
_NOT_FOUND = 10014
_LOOK_SECONDS = 5.0


class Oversight:
    """See `shared.log.oversight`."""

    def __init__(self, connection: Connection, direct: Direct) -> None:
        self._connection = connection
        self._direct = direct

    async def queue(self, pool: str, queue: str = "shared") -> Backlog | None:
        info = await self._info(declared.work_consumer(pool, queue))
        if info is None:
            return None
        waiting, after = int(info["num_pending"]), int(info["delivered"]["stream_seq"])
        oldest = None
        if waiting:
            filters = [ready_filter(pool, name) for name in names_of(queue)]
            batches = [await self._direct.following(each, after, 1) for each in filters]
            times = [entry.time for batch in batches for entry in batch.entries]
            oldest = min(times, default=None)
        return Backlog(waiting, int(info["num_ack_pending"]), oldest)

    async def partition(self, number: int) -> Backlog | None:
        info = await self._info(declared.scheduler_consumer(number))
        return info and Backlog(int(info["num_pending"]), int(info["num_ack_pending"]))

    async def behind(self, partition: int, after: int) -> Backlog:
        filters = [partition_filter(partition, rest) for rest in LIFECYCLE]
        batches = await asyncio.gather(*(self._direct.following(f, after, 1) for f in filters))
        times = [entry.time for batch in batches for entry in batch.entries]
        waiting = len(times) + sum(batch.pending for batch in batches)
        return Backlog(waiting, oldest=min(times, default=None))

    async def stores(self) -> tuple[Store, ...]:
        names = declared.STREAM_OF
        told = await asyncio.gather(*map(self._store, names), return_exceptions=True)
        found = [each for each in told if isinstance(each, Store)]
        if not found:
            raise NatsUnavailable("NATS told nothing of its streams")
        return tuple(found)

    async def has_room(self) -> bool:
        answer = await self._connection.request(_TRY, {})
        code = answer.get("error", {}).get("err_code")
        if code is not None and code not in NO_ROOM:
            raise NatsUnavailable(f"NATS refused a write: {answer['error']}")
        return code is None

    async def _store(self, name: str) -> Store | None:
        subject = f"$JS.API.STREAM.INFO.{declared.STREAM_OF[name]}"
        answer = await self._connection.request(subject, {})
        if "error" in answer:
            return None
        limit = int(answer["config"].get("max_bytes", -1))
        return Store(name, int(answer["state"]["bytes"]), limit if limit > 0 else None)

    def attendance(self, group: str) -> AbstractAsyncContextManager[Heard]:
        return attendance(self._connection, group)

    async def ask_parked(
        self, service: Service, address: Address, question: Question
    ) -> Look | None:
        subject = parked_question(service, address)
        answer = await questions.answer_to(
            self._connection, subject, question.encode(), _LOOK_SECONDS
        )
        return None if answer is None else look_of(answer)

    def answer_parked(self, service: Service, tell: Tell) -> AbstractAsyncContextManager[None]:
        async def answer(subject: str, asked: bytes) -> bytes | None:
            if asked not in (b"say", b"look"):
                return None
            question = cast("Question", asked.decode())
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    look = await tell(split_parked(subject), question)
            except (TimeoutError, Unavailable):
                return None
            return None if look is None else look.model_dump_json().encode()

        return questions.telling(self._connection, parked_question(service), answer)

    async def _info(self, consumer: str) -> Any:
        answer = await self._connection.request(f"{_INFO}.{consumer}", {})
        error = answer.get("error")
        if error is None:
            return answer
        if error.get("err_code") == _NOT_FOUND:
            return None
        raise NatsUnavailable(f"NATS told nothing of the consumer {consumer}: {error}")
