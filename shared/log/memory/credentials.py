"""Sealed keys and secrets, in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from shared.credentials.names import CredentialName
from shared.credentials.published import Published


class Credentials:
    """See `shared.log.credentials`; `reach` returns once a request has got there."""

    def __init__(self, reach: Callable[[str], Awaitable[object]]) -> None:
        self._reach = reach
        self._entries: dict[CredentialName, Published] = {}

    async def read(self, name: CredentialName) -> Published | None:
        await self._reach("credentials.read")
        return self._entries.get(name)

    async def latest(self, name: CredentialName) -> Published | None:
        await self._reach("credentials.latest")
        return self._entries.get(name)

    async def publish(self, name: CredentialName, value: Published) -> Published:
        await self._reach("credentials.publish")
        there = self._entries.get(name)
        if there is None or there.revision < value.revision:
            self._entries[name] = value
        return self._entries[name]
