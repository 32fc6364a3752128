"""Which tokens and sessions are good, as Postgres says, believed for a second.

So one that is revoked or ended is refused everywhere within a second, and a busy caller costs one
query a second. While Postgres is silent what it said last is believed for a minute; after that
nobody is let in.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from time import monotonic

import asyncpg
from cachetools import LRUCache

from services.api.http.problems import Unauthorized
from services.api.http.sharing import Sharing
from services.api.identity.cookie import is_value
from services.api.identity.identity import Identity
from services.api.identity.standing import (
    SESSION_PREFIX,
    Kind,
    Right,
    Standing,
    ended,
    find,
    over,
)
from services.api.identity.token_text import hash_of, is_whole
from shared.errors import NotFound, Unavailable

BELIEVED_SECONDS = 1.0
SILENT_SECONDS = 60.0
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class _Told:
    """What Postgres said of a token or session, and when (monotonic)."""

    standing: Standing | None
    at: float


class Known:
    """The tokens and sessions of the tables, by their hash or their id."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._told: LRUCache[str, _Told] = LRUCache(_MOST)
        self._asking: Sharing[str, Standing | None] = Sharing()

    async def bearer_of(self, token: str) -> Identity:
        """Who shows this token. Raises: Unauthorized, Unavailable."""
        standing = None
        if is_whole(token):
            standing = await self._standing("token", "hash", hash_of(token))
        if standing is None:
            raise Unauthorized("the token is not known here: ask an admin for one")
        return standing.identity_in(None)

    async def session_of(self, value: str) -> Standing:
        """The session of this cookie. Raises: Unauthorized, Unavailable."""
        standing = None
        if is_value(value):
            standing = await self._standing("session", "hash", hash_of(value))
        if standing is None:
            raise over()
        return standing

    async def require(self, right: Right) -> Identity:
        """Who made what may be used, as they stand now. Raises: Unauthorized, Unavailable."""
        kind: Kind = "session" if right.maker.startswith(SESSION_PREFIX) else "token"
        standing = await self._standing(kind, "id", right.maker)
        if standing is None:
            raise Unauthorized("who made it is not known here any more")
        try:
            return standing.identity_in(right.workspace)
        except NotFound:
            raise Unauthorized("who made it is no member of the workspace any more") from None

    async def ended(self, rights: Collection[Right]) -> set[Right]:
        """Those of these that are not good any more. Raises: Unavailable."""
        return await ended(self._pool, rights)

    def doubt(self, value: str) -> None:
        """Postgres is asked anew for this token or cookie, and believed as before if it is away."""
        if (told := self._told.get(hash_of(value))) is not None:
            asked_at = min(told.at, monotonic() - BELIEVED_SECONDS)
            self._told[hash_of(value)] = _Told(told.standing, asked_at)

    def forget(self, value: str) -> None:
        """This api asks anew for the session of this cookie, which it knows to have changed."""
        self._told.pop(hash_of(value), None)

    async def _standing(self, kind: Kind, column: str, value: str) -> Standing | None:
        told = self._told.get(value)
        if told is not None and monotonic() - told.at < BELIEVED_SECONDS:
            return told.standing
        asked_at = monotonic()
        try:
            found = await self._asking.answer(value, lambda: find(self._pool, kind, column, value))
        except Unavailable:
            if told is not None and monotonic() - told.at < SILENT_SECONDS:
                return told.standing
            raise
        self._told[value] = _Told(found, asked_at)
        return found
