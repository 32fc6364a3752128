"""The store of sealed keys and secrets, as the api writes it and workers read it."""

from __future__ import annotations

from typing import Protocol

from shared.credentials.names import CredentialName
from shared.credentials.published import Published

DELETED_SECONDS = 2 * 86_400
"""How long an entry says that its value was deleted: longer than anybody publishes an older one."""


class Credentials(Protocol):
    """One entry a name, the latest. Every call may raise Unavailable."""

    async def read(self, name: CredentialName) -> Published | None:
        """What workers go by; of several servers one may be a moment behind. Raises: Corrupt."""
        ...

    async def latest(self, name: CredentialName) -> Published | None:
        """What the leader has. Raises: Corrupt."""
        ...

    async def publish(self, name: CredentialName, value: Published) -> Published:
        """What stands there now: this, or what was there of the same or a later revision.

        Raises: StoreFull, Corrupt.
        """
        ...
