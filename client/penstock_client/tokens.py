"""Tokens of the workspace: made, listed, revoked; for the token of an admin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal
from urllib.parse import quote

from penstock_client.connection import Connection
from penstock_client.paging import items
from penstock_client.results import Page, Result

TokenRole = Literal["viewer", "member", "admin"]


class Token(Result):
    """A token as lists tell it: `prefix` is how its text begins; times are RFC 3339.

    `made_by` is the id of the token it was made with, or `settings`; `last_used_at` is to the hour.
    """

    id: str
    workspace: str
    name: str
    role: str
    prefix: str
    made_by: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None


class MadeToken(Token):
    """A token that was made; `token` is its text, which is told this once."""

    token: str


class Tokens:
    """`/tokens`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(
        self,
        name: str,
        role: TokenRole,
        *,
        expires_at: str | None = None,
        workspace: str | None = None,
    ) -> MadeToken:
        """The new token. `workspace` is for who runs the installation; else it is one's own."""
        body = {"name": name, "role": role, "expires_at": expires_at, "workspace": workspace}
        return (await self._connection.post("/tokens", body)).read(MadeToken)

    def list(self) -> AsyncIterator[Token]:
        """All tokens of the workspace, newest first, also those that are good no more."""
        return items(self._connection, "/tokens", Page[Token], {})

    async def revoke(self, token_id: str) -> None:
        """The token is good no more; what reads with it is cut off."""
        await self._connection.send("DELETE", f"/tokens/{quote(token_id, safe='')}", None)
