"""Publishing: facts, deltas and acks leave in the order they were given, answers come later.

One inbox hears all answers; a message is asked for again until it is answered or
`ANSWER_SECONDS` have passed. For an append that is safe: its expectation makes it happen once.
A delta is sent again only when the server said that it was not stored; it is given up after
`DELTA_SECONDS`, because an outcome waits for it.

How long each took is a metric, those that were given up among them.

Source: NATS JetStream API, publish acknowledgements (ADR-22); error codes 10071, 10164.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from nats.errors import Error as NatsError
from pydantic_core import from_json

from shared.errors import Rejected
from shared.log.jetstream.connection import NO_ROOM, Connection, NatsUnavailable
from shared.log.jetstream.hearing import Message, hear
from shared.log.port import AlreadyRecorded, Appended
from shared.runtime.metrics import QuickHistogram

ANSWER_SECONDS = 15.0
DELTA_SECONDS = 3.0
_RESEND_SECONDS = 2.0
_TICK_SECONDS = 0.25
_WRONG_LAST_SEQUENCE = 10071
_APPEND_UNDER_WAY = 10164

Answer = Appended | AlreadyRecorded
Kind = Literal["fact", "delta", "timer", "claim"]

SECONDS = QuickHistogram(
    "append_seconds",
    "From an append to the log's answer, or to giving up, by kind.",
    "kind",
    get_args(Kind),
).seconds


class LogFull(NatsUnavailable):
    """The stream is at its size limit."""

    code = "log_full"
    status = 507


class FactRefused(Rejected):
    """The server will not store such a message."""

    code = "fact_refused"


@dataclass(slots=True)
class _Sent:
    subject: str
    data: bytes
    header: bytes
    answer: asyncio.Future[Any]
    stored: Callable[[int], object]
    kind: Kind
    began: float
    repeatable: bool
    gives_up: float
    resends: float
    token: str = field(default="")


class Publisher:
    """See the module. `start` before use."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: dict[str, _Sent] = {}
        self._next = 0
        self._inbox = ""
        self._loop = asyncio.get_running_loop()
        self._ticking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Subscribe to the answers."""
        client = self._connection.client
        self._inbox = client.new_inbox() + "."
        await hear(client, self._inbox + "*", self._on_answer)
        self._ticking = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """Stop; what is unanswered is unknown."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        for sent in tuple(self._waiting.values()):
            _fail(sent, "the connection was closed before the answer")
        self._waiting.clear()

    def append(
        self, subject: str, data: bytes, header: bytes, kind: Kind = "fact"
    ) -> asyncio.Future[Answer]:
        """Publish with an expectation: sent again until answered, stored once."""
        return self._ask(subject, data, header, kind)

    def store(self, subject: str, data: bytes, header: bytes) -> asyncio.Future[int]:
        """Publish without an expectation: sent again only if it surely was not stored."""
        return self._ask(subject, data, header, "delta")

    def _ask(self, subject: str, data: bytes, header: bytes, kind: Kind) -> asyncio.Future[Any]:
        now = self._loop.time()
        sent = _Sent(
            subject=subject,
            data=data,
            header=header,
            answer=self._loop.create_future(),
            stored=int if kind == "delta" else Appended,
            kind=kind,
            began=now,
            repeatable=kind != "delta",
            gives_up=now + (DELTA_SECONDS if kind == "delta" else ANSWER_SECONDS),
            resends=now + _RESEND_SECONDS,
        )
        self._dispatch(sent)
        return sent.answer

    def tell(self, subject: str, data: bytes = b"", reply: str = "", header: bytes = b"") -> None:
        """Publish without an answer."""
        # Where it cannot be sent now, whoever awaits an answer asks again, or gives up.
        with suppress(NatsError, OSError):
            self._connection.client.send(subject, data, reply, header)

    def _dispatch(self, sent: _Sent) -> None:
        self._next += 1
        sent.token = str(self._next)
        self._waiting[sent.token] = sent
        self.tell(sent.subject, sent.data, self._inbox + sent.token, sent.header)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            now = self._loop.time()
            late = [s for s in self._waiting.values() if s.resends <= now or s.gives_up <= now]
            for sent in late:
                self._settle_late(sent, now)

    def _settle_late(self, sent: _Sent, now: float) -> None:
        if sent.gives_up > now and not sent.repeatable:
            return
        del self._waiting[sent.token]
        if sent.gives_up <= now:
            self._time(sent)
            _fail(sent, "no answer in time")
        elif not sent.answer.cancelled():
            sent.resends = now + _RESEND_SECONDS
            self._dispatch(sent)

    def _on_answer(self, message: Message) -> None:
        sent = self._waiting.pop(message.subject[len(self._inbox) :], None)
        if sent is None or sent.answer.done():
            return
        if not message.data:
            self._ask_again(sent)
            return
        answer = from_json(message.data)
        error = answer.get("error")
        if error is None:
            self._time(sent)
            sent.answer.set_result(sent.stored(answer["seq"]))
        else:
            self._refused(sent, error["err_code"], error.get("description", ""))

    def _refused(self, sent: _Sent, code: int, words: str) -> None:
        if code == _WRONG_LAST_SEQUENCE:
            self._time(sent)
            sent.answer.set_result(AlreadyRecorded())
        elif code == _APPEND_UNDER_WAY:
            self._ask_again(sent)
        elif code in NO_ROOM:
            sent.answer.set_exception(LogFull(f"the log is at its size limit ({words})"))
        else:
            words = f"NATS refused {sent.subject}: {words} ({code})"
            sent.answer.set_exception(FactRefused(words))

    def _time(self, sent: _Sent) -> None:
        SECONDS[sent.kind].observe(self._loop.time() - sent.began)

    def _ask_again(self, sent: _Sent) -> None:
        """Not stored yet: no leader at the moment, or a rival append under way."""
        sent.repeatable = True
        sent.resends = self._loop.time() + _TICK_SECONDS
        self._waiting[sent.token] = sent


def _fail(sent: _Sent, words: str) -> None:
    if not sent.answer.done():
        sent.answer.set_exception(NatsUnavailable(f"{sent.subject}: {words}; it may be stored"))
