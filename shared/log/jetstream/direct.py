"""Reading the stream without a consumer: Direct Get in batches, and the leader's last word.

Source: NATS ADR-31 (Direct Get, batched: `multi_last`, `next_by_subj`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.log import declared
from shared.log.jetstream.connection import Connection, NatsUnavailable
from shared.log.jetstream.hearing import Message, hear
from shared.log.jetstream.leaders import Leaders
from shared.log.jetstream.publisher import Publisher
from shared.log.oversight import About
from shared.log.port import Entry
from shared.log.subjects import split

_GET = f"$JS.API.DIRECT.GET.{declared.RUNS}"
_LEADER = f"$JS.API.STREAM.MSG.GET.{declared.RUNS}"
_INFO = f"$JS.API.STREAM.INFO.{declared.RUNS}"
_MOST_SUBJECTS = 1024
# Far below what a server lets wait for one client before it cuts it off.
_MOST_BYTES = 8 << 20
# A node that is frozen takes questions and answers none: another is asked, or another leads.
_SILENCE_SECONDS = 1.0
_TRIES, _LEADER_TRIES = 14, 5
_LAG_SECONDS = 0.02
_LAG_TRIES = 250
_END, _NOTHING, _TOO_MANY = "204", "404", "413"


class TooManySubjects(Exception):
    """More subjects match than one request answers: page."""


@dataclass(slots=True)
class Batch:
    """An answer: its entries, how far it looked, how many more match behind them."""

    entries: list[Entry] = field(default_factory=list)
    up_to: int = 0
    pending: int = 0


class Direct:
    """Batched reads of RUNS. `start` before use."""

    def __init__(self, connection: Connection, publisher: Publisher, leaders: Leaders) -> None:
        self._connection = connection
        self._publisher = publisher
        self._leaders = leaders
        self._waiting: dict[str, tuple[list[Message], asyncio.Future[Message]]] = {}
        self._next = 0
        self._inbox = ""

    async def start(self) -> None:
        """Subscribe to the answers."""
        client = self._connection.client
        self._inbox = client.new_inbox() + "."
        await hear(client, self._inbox + "*", self._on_message)

    async def last_of_each(self, filters: Sequence[str]) -> Batch:
        """The newest entry of every subject that matches, in sequence order: all of them.

        Raises: TooManySubjects, NatsUnavailable.
        """
        asked = {"multi_last": list(filters), "batch": _MOST_SUBJECTS}
        for _ in range(_LAG_TRIES):
            batch = await self._ask(asked)
            if not batch.pending or await self._has_rest(batch, asked):
                return batch
            await asyncio.sleep(_LAG_SECONDS)
        raise NatsUnavailable("a long answer of the log could not be read to its end; ask again")

    async def following(self, subject_filter: str, after: int, most: int) -> Batch:
        """The next entries behind a sequence whose subject matches: `most`, or as many as fit.

        Raises: NatsUnavailable.
        """
        return await self._ask({"next_by_subj": subject_filter, "seq": after + 1, "batch": most})

    async def leaders_last(self, subject_filter: str) -> int:
        """The leader's last sequence of these subjects, 0 if there is none."""
        return await self._ask_leader({"last_by_subj": subject_filter})

    async def leaders_next(self, subject_filter: str, after: int) -> int:
        """The leader's next sequence of these subjects behind another, 0 if there is none."""
        return await self._ask_leader({"seq": after + 1, "next_by_subj": subject_filter})

    async def stream_last(self) -> int:
        """The last sequence of the whole stream."""
        return int((await self._info())["state"]["last_seq"])

    async def about(self) -> About:
        """When the stream was created, its partitions, how full it is."""
        info = await self._info()
        config = info["config"]
        metadata = config.get("metadata") or {}
        partitions = metadata.get(declared.PARTITIONS, 0)
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
            lanes=int(metadata.get(declared.LANES, 0)),
        )

    async def _ask_leader(self, body: dict[str, Any]) -> int:
        answer = await self._leaders_answer(body)
        if "message" in answer:
            return int(answer["message"]["seq"])
        return _none_or_raise(answer["error"])

    async def _leaders_answer(self, body: dict[str, Any]) -> Any:
        for _ in range(_LEADER_TRIES - 1):
            with suppress(NatsUnavailable):
                return await self._connection.request(_LEADER, body, seconds=_SILENCE_SECONDS)
        return await self._connection.request(_LEADER, body, seconds=_SILENCE_SECONDS)

    async def _info(self) -> Any:
        answer = await self._connection.request(_INFO, {})
        if "error" in answer:
            _none_or_raise(answer["error"])
        self._leaders.told(answer)
        return answer

    async def _has_rest(self, batch: Batch, asked: dict[str, Any]) -> bool:
        """Whether what did not fit has been read and put behind the batch.

        Each page may come from another replica: one that knows less, or a run that is leaving the
        log, gives other entries than are owed.
        """
        page = batch
        while batch.pending and page.entries:
            after = page.entries[-1].sequence
            page = await self._ask({**asked, "seq": after + 1, "up_to_seq": batch.up_to})
            if len(page.entries) + page.pending != batch.pending:
                return False
            batch.entries += page.entries
            batch.pending = page.pending
        return not batch.pending

    async def _ask(self, body: dict[str, Any]) -> Batch:
        payload = json.dumps({**body, "max_bytes": _MOST_BYTES}).encode()
        for _ in range(_TRIES):
            messages, last = await self._once(payload)
            if last is None:
                continue
            if last.status == _TOO_MANY:
                raise TooManySubjects
            if last.status not in (_END, _NOTHING):
                raise NatsUnavailable(f"NATS refused a read: {last.status} {last.headers}")
            if (batch := _batch(messages, last)) is not None:
                return batch
        raise NatsUnavailable(
            f"NATS did not answer a read within {_TRIES * _SILENCE_SECONDS:.0f} s"
        )

    async def _once(self, payload: bytes) -> tuple[list[Message], Message | None]:
        self._next += 1
        token = str(self._next)
        done: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        messages: list[Message] = []
        self._waiting[token] = (messages, done)
        try:
            self._publisher.tell(_GET, payload, self._inbox + token)
            heard = -1
            while not done.done() and len(messages) > heard:
                heard = len(messages)
                await asyncio.wait({done}, timeout=_SILENCE_SECONDS)
            return messages, done.result() if done.done() else None
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


def _batch(messages: list[Message], last: Message) -> Batch | None:
    """The answer; None if part of it was lost: each message tells which was sent before it."""
    entries: list[Entry] = []
    before = "0"
    for message in messages:
        headers = message.headers
        if headers.get("Nats-Last-Sequence", before) != before:
            return None
        before = headers["Nats-Sequence"]
        entries.append(_entry(message, headers))
    end = last.headers
    if end.get("Nats-Last-Sequence", before) != before:
        return None
    return Batch(
        entries=entries,
        up_to=int(end.get("Nats-UpTo-Sequence", 0)),
        pending=int(end.get("Nats-Num-Pending", 0)),
    )


def _entry(message: Message, headers: dict[str, str]) -> Entry:
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
