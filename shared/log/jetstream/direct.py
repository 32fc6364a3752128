"""Reading the stream without a consumer: Direct Get in batches, and the leader's last word.

Source: NATS ADR-31 (Direct Get, batched: `multi_last`, `next_by_subj`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nats.errors import Error as NatsError

from shared.log import declared
from shared.log.jetstream.connection import Connection, NatsUnavailable
from shared.log.jetstream.hearing import Message, hear
from shared.log.jetstream.publisher import Publisher
from shared.log.oversight import About
from shared.log.port import Entry
from shared.log.subjects import split

_GET = f"$JS.API.DIRECT.GET.{declared.RUNS}"
_LEADER = f"$JS.API.STREAM.MSG.GET.{declared.RUNS}"
_INFO = f"$JS.API.STREAM.INFO.{declared.RUNS}"
_MOST_SUBJECTS = 1024
_TRY_SECONDS = 2.0
_TRIES = 7
_END, _NOTHING, _TOO_MANY = "204", "404", "413"


class TooManySubjects(Exception):
    """More subjects match than one request answers: page."""


@dataclass(slots=True)
class Batch:
    """One answer: its entries, how far it looked, what is left behind the batch."""

    entries: list[Entry] = field(default_factory=list)
    up_to: int = 0
    pending: int = 0


class Direct:
    """Batched reads of RUNS. `start` before use."""

    def __init__(self, connection: Connection, publisher: Publisher) -> None:
        self._connection = connection
        self._publisher = publisher
        self._waiting: dict[str, tuple[list[Message], asyncio.Future[Message]]] = {}
        self._next = 0
        self._inbox = ""

    async def start(self) -> None:
        """Subscribe to the answers."""
        client = self._connection.client
        self._inbox = client.new_inbox() + "."
        await hear(client, self._inbox + "*", self._on_message)

    async def last_of_each(self, filters: Sequence[str]) -> Batch:
        """The newest entry of every subject that matches, in sequence order.

        Raises: TooManySubjects, NatsUnavailable.
        """
        return await self._ask({"multi_last": list(filters), "batch": _MOST_SUBJECTS})

    async def following(self, subject_filter: str, after: int, most: int) -> Batch:
        """The next entries behind a sequence whose subject matches. Raises: NatsUnavailable."""
        return await self._ask({"next_by_subj": subject_filter, "seq": after + 1, "batch": most})

    async def leaders_last(self, subject_filter: str) -> int:
        """The leader's last sequence of these subjects, 0 if there is none."""
        return await self._leaders({"last_by_subj": subject_filter})

    async def leaders_next(self, subject_filter: str, after: int) -> int:
        """The leader's next sequence of these subjects behind another, 0 if there is none."""
        return await self._leaders({"seq": after + 1, "next_by_subj": subject_filter})

    async def stream_last(self) -> int:
        """The last sequence of the whole stream."""
        return int((await self._info())["state"]["last_seq"])

    async def about(self) -> About:
        """When the stream was created, its partitions, how full it is."""
        info = await self._info()
        config = info["config"]
        metadata = config.get("metadata") or {}
        partitions = metadata.get("penstock.partitions", 0)
        limit, state = config.get("max_bytes", -1), info["state"]
        return About(
            created=datetime.fromisoformat(info["created"]),
            partitions=int(partitions),
            last=int(state["last_seq"]),
            entries=int(state["messages"]),
            size_bytes=int(state["bytes"]),
            limit_bytes=limit if limit > 0 else None,
            server=self._connection.server_version,
            restored_since=_moment(metadata.get(declared.SINCE)),
        )

    async def _leaders(self, body: dict[str, Any]) -> int:
        answer = await self._connection.request(_LEADER, body)
        if "message" in answer:
            return int(answer["message"]["seq"])
        return _none_or_raise(answer["error"])

    async def _info(self) -> Any:
        answer = await self._connection.request(_INFO, {})
        if "error" in answer:
            _none_or_raise(answer["error"])
        return answer

    async def _ask(self, body: dict[str, Any]) -> Batch:
        payload = json.dumps(body).encode()
        for _ in range(_TRIES):
            messages, last = await self._once(payload)
            if last is None:
                continue
            if last.status == _TOO_MANY:
                raise TooManySubjects
            if last.status in (_END, _NOTHING):
                return _batch(messages, last.headers)
            raise NatsUnavailable(f"NATS refused a read: {last.status} {last.headers}")
        raise NatsUnavailable(f"NATS did not answer a read within {_TRIES * _TRY_SECONDS:.0f} s")

    async def _once(self, payload: bytes) -> tuple[list[Message], Message | None]:
        self._next += 1
        token = str(self._next)
        done: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        messages: list[Message] = []
        self._waiting[token] = (messages, done)
        try:
            async with asyncio.timeout(_TRY_SECONDS):
                self._publisher.tell(_GET, payload, self._inbox + token)
                return messages, await done
        except (NatsError, OSError, TimeoutError):
            return messages, None
        finally:
            del self._waiting[token]

    def _on_message(self, message: Message) -> None:
        waiting = self._waiting.get(message.subject[len(self._inbox) :])
        if waiting is None:
            return
        messages, done = waiting
        if not message.status:
            messages.append(message)
        elif not done.done():
            done.set_result(message)


def _batch(messages: list[Message], last: dict[str, str]) -> Batch:
    return Batch(
        entries=[_entry(message) for message in messages],
        up_to=int(last.get("Nats-UpTo-Sequence", 0)),
        pending=int(last.get("Nats-Num-Pending", 0)),
    )


def _entry(message: Message) -> Entry:
    headers = message.headers
    address, rest = split(headers["Nats-Subject"])
    time = datetime.fromisoformat(headers["Nats-Time-Stamp"])
    return Entry(int(headers["Nats-Sequence"]), address, rest, message.data, time)


def _none_or_raise(error: dict[str, Any]) -> int:
    if error.get("err_code") == 10037:  # no message found
        return 0
    if error.get("err_code") == 10059:  # stream not found
        raise NatsUnavailable("the stream RUNS does not exist; run `penstock migrate`")
    raise NatsUnavailable(f"NATS refused a read: {error}")


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
