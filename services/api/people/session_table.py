"""Sessions as rows, and the passwords they are begun with.

A session is of the user's epoch at its start. A change of the password begins another epoch, so
that no session of before is good, one that is being made at the same moment neither.
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

import asyncpg

from services.api.identity.cookie import new_value
from services.api.identity.standing import SESSION_DAYS, SESSION_PREFIX
from services.api.identity.token_text import hash_of
from services.api.people.deeds import Deed, noted
from shared.ledger.pool import translated

MOST = 50
"""Sessions of one user; the oldest are ended for new ones."""


class NewSession(NamedTuple):
    """A session to be made: its id, and what the cookie holds."""

    id: str
    value: str

    @classmethod
    def by_chance(cls) -> NewSession:
        return cls(f"{SESSION_PREFIX}{secrets.token_hex(16)}", new_value())

    @property
    def row(self) -> tuple[str, str]:
        """What `session_of` reads."""
        return self.id, hash_of(self.value)


def session_of(users: str, first: int) -> str:
    """SQL that makes a session of each row of `users` (id, epoch), of parameters `first` and next.

    What a user has too many of, or is over, goes.
    """
    return (
        "insert into sessions (id, hash, user_id, epoch, expires_at) "
        f"select ${first}, ${first + 1}, id, epoch, now() + interval '{SESSION_DAYS} days' "
        f"from {users}"
    )


def pruned(users: str) -> str:
    """SQL that lets go of sessions of `users` that are over, and of the oldest of too many."""
    return f"""
        delete from sessions s using {users} u where s.user_id = u.id and (s.expires_at < now()
            or s.epoch < u.epoch or s.id in (select id from sessions o where o.user_id = u.id
                order by o.created_at desc offset {MOST - 1}))
    """


_LOG_IN = f"""
    with found as (select id, epoch, workspace from users where id = $1 and epoch = $2),
    made as ({session_of("found", 3)} returning user_id),
    pruned as ({pruned("found")}),
    noted as ({noted("(select found.* from found, made) as found", "id", 5)})
    select exists (select from made)
"""
_CHANGE = f"""
    with changed as (
        update users set password = $3, epoch = epoch + 1 where id = $1 and epoch = $2
        returning id, epoch, workspace
    ), pruned as ({pruned("changed")}),
    noted as ({noted("changed", "id", 4)})
    select exists (select from changed)
"""
_END = f"""
    with gone as (delete from sessions where id = $1 returning user_id),
    ended as (select u.id, u.workspace from users u join gone on gone.user_id = u.id),
    noted as ({noted("ended", "id", 2)})
    select exists (select from ended)
"""


class Sessions:
    """All raise Unavailable when Postgres is away."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def user_of(self, email: str) -> asyncpg.Record | None:
        """The user of this e-mail: id, name, epoch and the hash of the password."""
        with translated():
            return await self._pool.fetchrow(
                "select id, name, email, epoch, password from users where email = $1", email
            )

    async def begin(self, user: str, epoch: int, new: NewSession, by: Deed) -> bool:
        """Whether the session was made: the password may have been changed since it was checked."""
        with translated():
            return bool(await self._pool.fetchval(_LOG_IN, user, epoch, *new.row, *by))

    async def end(self, key: str, by: Deed) -> None:
        """The session is over."""
        with translated():
            await self._pool.fetchval(_END, key, *by)

    async def change_password(self, user: str, epoch: int, password: str, by: Deed) -> bool:
        """Whether it was changed, and all sessions ended; `password` is the hash of the new one."""
        with translated():
            return bool(await self._pool.fetchval(_CHANGE, user, epoch, password, *by))
