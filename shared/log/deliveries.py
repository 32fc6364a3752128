"""What the log stores, and how a durable consumer hands it out: as credit is given, until acked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from shared.log.subjects import Address
from shared.run.wire import Recorded, UnknownFact, decode


class Entry(NamedTuple):
    """One stored fact as bytes: `rest` is its subject behind the run, `time` the server's."""

    sequence: int
    address: Address
    rest: str
    data: bytes
    time: datetime

    def recorded(self) -> Recorded:
        """The entry decoded. Raises: UnknownFact."""
        try:
            return Recorded(fact=decode(self.data), sequence=self.sequence, time=self.time)
        except UnknownFact as error:
            error.says(self.sequence, self.data)
            raise


class Delivery(Protocol):
    """One message of a durable consumer, delivered `count` times, `order`-th of the consumer.

    `pin` names the ownership under which it came (pinned consumers), else ""; `beside` are the
    facts, as bytes, that were appended along with it.
    """

    @property
    def entry(self) -> Entry: ...
    @property
    def count(self) -> int: ...
    @property
    def order(self) -> int: ...
    @property
    def pin(self) -> str: ...
    @property
    def beside(self) -> Sequence[bytes]: ...
    def ack(self) -> None:
        """It is done with; never comes again."""

    def nak(self, delay_seconds: float = 0) -> None:
        """Deliver it again, after the delay."""

    def in_progress(self) -> None:
        """It is being worked on: restart its ack time-out."""


class Deliveries(Protocol):
    """A standing pull on a durable consumer, topped up as credit is given."""

    async def next(self) -> list[Delivery]:
        """All that has arrived, at least one, in order of arrival."""
        ...

    @property
    def outstanding(self) -> int:
        """How many deliveries may still come."""
        ...

    def credit(self, count: int) -> None:
        """Let `count` more deliveries come."""

    def want(self, count: int) -> None:
        """Let `count` come in all: what is outstanding beyond is taken back when it can be."""

    async def unpin(self) -> None:
        """Hand a pinned consumer over to whoever pulls next."""
