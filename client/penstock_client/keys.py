"""Keys of model providers and secrets of the workspace: set, listed, removed; for admins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

from penstock_client.connection import Connection
from penstock_client.paging import items
from penstock_client.results import Page, Result

TESTING_SECONDS = 15
"""How much longer an answer may take that waits for the provider's."""


class ProviderKey(Result):
    """A key as it is shown: how it ends, if it is long enough to show that."""

    provider: str
    key: str
    default_model: str | None
    updated_at: str
    updated_by: str


class Secret(Result):
    """A secret: that it is there, since when, and by whom."""

    name: str
    updated_at: str
    updated_by: str


class Rotation(Result):
    """How far all values are sealed under the newest secret key, whose id is `secret_key`."""

    secret_key: str
    resealed: int
    remaining: int
    unreadable: int


class ProviderKeys:
    """`/provider-keys`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def set(
        self, provider: str, key: str, *, default_model: str | None = None, test: bool = True
    ) -> ProviderKey:
        """The key as it is kept; with `test` only if the provider takes it.

        `default_model` is the model of agents that name none.
        """
        path = _path("/provider-keys", provider) + ("" if test else "?test=false")
        body = {"key": key, "default_model": default_model}
        answer = await self._connection.send("PUT", path, body, answer_seconds=TESTING_SECONDS)
        return answer.read(ProviderKey)

    def list(self) -> AsyncIterator[ProviderKey]:
        """All keys of the workspace, masked."""
        return items(self._connection, "/provider-keys", Page[ProviderKey], {})

    async def remove(self, provider: str) -> None:
        """Steps go without it from their next attempt on."""
        await self._connection.send("DELETE", _path("/provider-keys", provider), None)


class Secrets:
    """`/secrets`. No call tells a value."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def set(self, name: str, value: str) -> Secret:
        """The secret, with a new value."""
        answer = await self._connection.send("PUT", _path("/secrets", name), {"value": value})
        return answer.read(Secret)

    def list(self) -> AsyncIterator[Secret]:
        """All secrets of the workspace by name."""
        return items(self._connection, "/secrets", Page[Secret], {})

    async def remove(self, name: str) -> None:
        """The secret is there no more."""
        await self._connection.send("DELETE", _path("/secrets", name), None)


async def rotate(connection: Connection) -> Rotation:
    """What one call of `/admin/keys/rotate` did, and what is left."""
    return (await connection.post("/admin/keys/rotate")).read(Rotation)


def _path(of: str, name: str) -> str:
    return f"{of}/{quote(name, safe='')}"
