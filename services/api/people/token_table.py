"""Tokens as rows: what is kept of one is its hash, and enough of its text to know it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from services.api.http.pages import Cursor
from services.api.identity.identity import Role
from services.api.identity.token_text import SHOWN, hash_of
from services.api.people.deeds import Deed, noted
from services.api.people.given_rights import ended, give, made_by, take
from shared.ledger.pool import translated

MOST = 1_000
"""Good tokens of one workspace."""

_COLUMNS = (
    "id, workspace, name, role, prefix, made_by, created_at, expires_at, revoked_at, last_used_at"
)
_GOOD = "revoked_at is null and (expires_at is null or expires_at > now())"
_CREATE = f"""
    with made as (
        insert into tokens (id, workspace, name, role, made_by, expires_at, hash, prefix)
        select $1, slug, $3, $4, $5, least($6, (select expires_at from tokens where id = $5)),
            $7, $8 from workspaces
        where slug = $2 and deleted_at is null
            and (select count(*) from tokens where workspace = $2 and {_GOOD}) < {MOST}
        returning {_COLUMNS}
    ), noted as ({noted("made", "id", 9)})
    select * from made
"""
_REVOKE = f"""
    with recursive {made_by("$2")}, gone as (
        update tokens set revoked_at = now()
        where workspace = $1 and id = $2 and revoked_at is null
        returning id, workspace
    ), {ended("$2", "given.workspace in (select workspace from gone)")},
    noted as ({noted("gone", "id", 3)})
    select count(*) from gone
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token to be made."""

    id: str
    workspace: str
    name: str
    role: Role
    made_by: str
    expires_at: datetime | None


class Tokens:
    """All raise Unavailable when Postgres is away."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def create(self, new: NewToken, text: str, by: Deed) -> asyncpg.Record | None:
        """The token's row; None where there is no such workspace, or it has its most."""
        return await give(
            self._pool, by, new.workspace,
                _CREATE,
                new.id, new.workspace, new.name, new.role, new.made_by, new.expires_at,
                hash_of(text), text[:SHOWN], *by,
            )  # fmt: skip

    async def list(self, workspace: str, after: Cursor, limit: int) -> list[asyncpg.Record]:
        """Newest first, those behind the cursor; also those that are good no more."""
        with translated():
            rows: list[asyncpg.Record] = await self._pool.fetch(
                f"select {_COLUMNS} from tokens where workspace = $1 "
                "and (created_at, id) < ($2, $3) order by created_at desc, id desc limit $4",
                workspace, after.created_at, after.id, limit,
            )  # fmt: skip
        return rows

    async def revoke(self, workspace: str, key: str, by: Deed) -> bool:
        """Whether there was such a token that was not revoked yet."""
        row = await take(self._pool, _REVOKE, workspace, key, *by)
        return bool(row and row[0])
