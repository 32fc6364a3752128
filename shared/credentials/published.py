"""What workers read of a key or a secret: a sealed value, or that there is none any more."""

from __future__ import annotations

from typing import NamedTuple

import pydantic_core

from shared.errors import Corrupt


class Published(NamedTuple):
    """A value as it is sealed, None once it is deleted. Of two the one of the later revision holds.

    `revision` grows with every change of the name's value, also over a deletion.
    """

    revision: int
    sealed: str | None

    def to_bytes(self) -> bytes:
        return pydantic_core.to_json(self._asdict())

    @classmethod
    def of_bytes(cls, data: bytes) -> Published:
        """Raises: Corrupt."""
        try:
            said = pydantic_core.from_json(data)
            return cls(int(said["revision"]), said["sealed"])
        except (ValueError, TypeError, KeyError):
            raise Corrupt("expected a sealed value with its revision, found other bytes") from None
