"""Standing pulls: deliveries of a consumer flow in as long as there is credit for them.

Credit is what the caller can take; a pull request spends it, a delivery fulfils it, and what a
request left unfilled comes back when the server ends the request, but for what is wanted no more. A
request that went silent is given up with its inbox, so that nothing of it can arrive twice over.

Requests are short. While one stands at the server, deliveries go to it whatever has become of who
asked: to a frozen process they are lost until their ack time-out, so a request ends well before
that, and what was lost so goes elsewhere. That the server ends it is also how it is known to be
there.

Source: NATS ADR-13 (pull requests, statuses), ADR-42 (pinned clients).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from shared.log import declared
from shared.log.jetstream.beside import beside_in
from shared.log.jetstream.connection import Connection, NatsUnavailable
from shared.log.jetstream.hearing import Message, hear
from shared.log.jetstream.publisher import Publisher
from shared.log.port import Delivery, Entry
from shared.log.subjects import split

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000_000
_EXPIRES_SECONDS = 2.0
_SPARE_SECONDS = 2.0
_UNPIN_SECONDS = 1.0
_HEARTBEAT, _WRONG_PIN = "100", "423"
_RETRY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class PullFrom:
    """Which consumer is pulled, and how: `group` for a pinned one."""

    stream: str
    consumer: str
    expires_seconds: float = _EXPIRES_SECONDS
    group: str = ""


class PulledDelivery:
    """A message of a pull; what it says of itself stands in its reply subject."""

    __slots__ = ("_message", "_publisher", "count", "entry", "order", "pin")

    def __init__(self, message: Message, publisher: Publisher) -> None:
        # $JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>
        words = message.reply.split(".")
        address, rest = split(message.subject)
        time = _EPOCH + timedelta(microseconds=int(words[-2]) // 1000)
        self.entry = Entry(int(words[-4]), address, rest, message.data, time)
        self.count = int(words[-5])
        self.order = int(words[-3])
        self.pin = message.line("Nats-Pin-Id")
        self._message = message
        self._publisher = publisher

    @property
    def beside(self) -> tuple[bytes, ...]:
        """The facts that were appended along with it: most who are delivered it never ask."""
        return beside_in(self._message)

    def ack(self) -> None:
        """It is done with; never comes again."""
        self._publisher.tell(self._message.reply, b"+ACK")

    def nak(self, delay_seconds: float = 0) -> None:
        """Deliver it again, after the delay."""
        delay = json.dumps({"delay": int(delay_seconds * _SECOND)}) if delay_seconds else ""
        self._publisher.tell(self._message.reply, b"-NAK " + delay.encode() if delay else b"-NAK")

    def in_progress(self) -> None:
        """It is being worked on: restart its ack time-out."""
        self._publisher.tell(self._message.reply, b"+WPI")


class Pull:
    """One consumer, pulled as credit is given. See the module."""

    def __init__(self, connection: Connection, publisher: Publisher, source: PullFrom) -> None:
        self._connection = connection
        self._publisher = publisher
        self._source = source
        self._arrived: list[Delivery] = []
        self._wake = asyncio.Event()
        self._turn = asyncio.Event()
        self._credit = 0
        self._asked = 0
        self._recalled = 0
        self._pin = ""
        self._inbox = ""
        self._loop = asyncio.get_running_loop()
        self._heard = 0.0
        self._backoff = 0.0
        self._subscription: Subscription | None = None

    async def next(self) -> list[Delivery]:
        """All that has arrived, at least one, in order of arrival."""
        while not self._arrived:
            self._wake.clear()
            await self._wake.wait()
        arrived, self._arrived = self._arrived, []
        return arrived

    @property
    def outstanding(self) -> int:
        """How many deliveries may still come: credit, and what is asked for."""
        return self._credit + self._asked

    def credit(self, count: int) -> None:
        """Let `count` more deliveries come."""
        self._credit += count
        if self._asked == 0 or self._credit >= self._asked:
            self._turn.set()

    def want(self, count: int) -> None:
        """Let `count` come in all; what is asked for beyond comes back when its request ends."""
        missing = count - self.outstanding
        self._recalled = max(0, -missing)
        self._take_recalled()
        if missing > 0:
            self.credit(missing)

    def _take_back(self) -> None:
        self._credit += self._asked
        self._asked = 0
        self._take_recalled()

    def _take_recalled(self) -> None:
        taken = min(self._recalled, self._credit)
        self._credit -= taken
        self._recalled -= taken

    async def unpin(self) -> None:
        """Hand the consumer over to whoever pulls next; soon, for its pin lasts three seconds."""
        source = self._source
        subject = f"$JS.API.CONSUMER.UNPIN.{source.stream}.{source.consumer}"
        await self._connection.request(subject, {"group": source.group}, seconds=_UNPIN_SECONDS)

    def hand_back(self) -> None:
        """Let others have at once what has arrived and nobody took."""
        for delivery in self._arrived:
            delivery.nak()
        self._arrived = []

    async def run(self) -> None:
        """Keep the pull standing until cancelled."""
        self._connection.listen(self._on_disturbance)
        try:
            await self._renew()
            while True:
                await self._stand()
        finally:
            self._connection.forget(self._on_disturbance)
            await self._drop()

    async def _stand(self) -> None:
        if self._backoff:
            await asyncio.sleep(self._backoff)
            self._backoff = 0.0
        if self._credit > 0:
            self._pull()
        self._turn.clear()
        try:
            async with asyncio.timeout_at(self._silent_at()):
                await self._turn.wait()
        except TimeoutError:
            # What came meanwhile to a process that stood still has been heard by now.
            if self._asked > 0 and self._silent_at() <= self._loop.time():
                await self._renew()

    def _silent_at(self) -> float:
        """When the server will have been silent for too long; while nothing is asked, later."""
        since = self._heard if self._asked > 0 else self._loop.time()
        return since + self._source.expires_seconds + _SPARE_SECONDS

    def _pull(self) -> None:
        source = self._source
        asked, self._credit = self._credit, 0
        request: dict[str, Any] = {
            "batch": asked,
            "expires": int(source.expires_seconds * _SECOND),
        }
        if source.group:
            request["group"] = source.group
        if self._pin:
            request["id"] = self._pin
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{source.stream}.{source.consumer}"
        self._asked += asked
        self._heard = self._loop.time()
        try:
            payload = json.dumps(request).encode()
            self._connection.client.send(subject, payload, self._inbox)
        except (NatsError, OSError):
            self._asked -= asked
            self._credit += asked
            self._backoff = _RETRY_SECONDS

    async def _renew(self) -> None:
        """Give up whatever was asked and start over on an inbox of its own."""
        await self._drop()
        self._take_back()
        client = self._connection.client
        self._inbox = client.new_inbox()
        self._heard = self._loop.time()
        try:
            self._subscription = await hear(client, self._inbox, self._on_message)
        except (NatsError, OSError):
            self._backoff = _RETRY_SECONDS

    async def _drop(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None and not self._connection.client.is_closed:
            await subscription.unsubscribe()

    def _on_message(self, message: Message) -> None:
        self._heard = self._loop.time()
        if message.status:
            self._on_status(message.status, message.headers)
            return
        self._asked -= 1
        self._recalled = min(self._recalled, self.outstanding)
        delivery = PulledDelivery(message, self._publisher)
        if delivery.pin:
            self._pin = delivery.pin
        self._arrived.append(delivery)
        self._wake.set()
        if self._asked <= 0 and self._credit:
            self._turn.set()

    def _on_status(self, status: str, headers: dict[str, str]) -> None:
        """A request ended: what it left unfilled is credit again."""
        if status == _HEARTBEAT:
            return
        if status == _WRONG_PIN:
            self._pin = ""
        left = int(headers.get("Nats-Pending-Messages", self._asked))
        left = min(left, self._asked)
        self._asked -= left
        self._credit += left
        self._take_recalled()
        if status not in ("404", "408", _WRONG_PIN):
            self._backoff = _RETRY_SECONDS
        self._turn.set()

    def _on_disturbance(self, reason: str) -> None:
        if reason == "reconnected":
            self._heard = 0.0
            self._take_back()
            self._turn.set()


@asynccontextmanager
async def pulling(
    connection: Connection, publisher: Publisher, source: PullFrom
) -> AsyncIterator[Pull]:
    """A standing pull for as long as the block lasts."""
    await _must_exist(connection, source)
    pull = Pull(connection, publisher, source)
    task = asyncio.create_task(pull.run())
    try:
        yield pull
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        pull.hand_back()


async def _must_exist(connection: Connection, source: PullFrom) -> None:
    subject = f"$JS.API.CONSUMER.INFO.{source.stream}.{source.consumer}"
    answer = await connection.request(subject, {})
    if "error" in answer:
        raise NatsUnavailable(
            f"the consumer {source.consumer} of {source.stream} does not exist "
            f"({answer['error'].get('description')}); run `penstock migrate`"
        )


def partition_source(partition: int) -> PullFrom:
    """A scheduler's partition: pulled often, so that its pin outlives no owner."""
    return PullFrom(
        stream=declared.RUNS,
        consumer=declared.scheduler_consumer(partition),
        expires_seconds=declared.PIN_SECONDS / 3,
        group=declared.PIN_GROUP,
    )
