"""The bytes that bodies in flight may take together."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import TypeAlias

from shared.errors import Unavailable
from shared.runtime.metrics import gauge

Headers: TypeAlias = Iterable[tuple[bytes, bytes]]

BODIES = gauge("http_body_bytes", "Bytes reserved for request bodies in flight.")


def declared_bytes(headers: Headers) -> int:
    """How many bytes of body are announced; 0 also where their number is not."""
    for name, value in headers:
        if name == b"content-length":
            return int(value)  # the parser takes nothing but digits
    return 0


def declares_body(headers: Headers) -> bool:
    """Whether a body follows. Source: RFC 9112, 6.3."""
    headers = list(headers)
    return declared_bytes(headers) > 0 or any(name == b"transfer-encoding" for name, _ in headers)


class TooManyBodies(Unavailable):
    """Other bodies take all the room there is for them."""

    code = "too_many_bodies"


class BodyBudget:
    """What all bodies share. Small ones take nothing of it: they are never refused."""

    def __init__(self, size_bytes: int, free_bytes: int) -> None:
        self.held_bytes = 0
        self.free_bytes = free_bytes
        self._size_bytes = size_bytes

    def take(self, size: int) -> None:
        """Raises: TooManyBodies, having taken nothing."""
        if self.held_bytes + size > self._size_bytes:
            raise TooManyBodies(
                f"other requests' bodies take {self.held_bytes} of {self._size_bytes} bytes, "
                f"and this one needs {size}: send it again in a moment"
            )
        self.held_bytes += size
        BODIES.set(self.held_bytes)

    def give_back(self, size: int) -> None:
        """The bytes are free again."""
        self.held_bytes -= size
        BODIES.set(self.held_bytes)


class Reservation:
    """What one request holds of the budget until its block ends, however it ends."""

    def __init__(self, budget: BodyBudget) -> None:
        self._budget = budget
        self._size = 0

    def __enter__(self) -> Reservation:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._budget.give_back(self._size)
        self._size = 0

    def grow_to(self, size: int) -> None:
        """Holds that much at least. Raises: TooManyBodies."""
        if size > self._size and size > self._budget.free_bytes:
            self._budget.take(size - self._size)
            self._size = size
