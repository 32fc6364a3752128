"""One-time links as rows: invites, new passwords, first logins. Only a link's hash is kept.

A link is used in the statement that does what it is for, so that of two who use it at once one
does. It is over after its time, and when its user's password was changed since.
"""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from services.api.http.pages import Cursor
from services.api.identity.person import Role
from services.api.identity.token_text import hash_of
from services.api.people.bounds import MOST_MEMBERS, MOST_USERS
from services.api.people.deeds import Deed, noted
from services.api.people.given_rights import give
from services.api.people.session_table import NewSession, pruned, session_of
from shared.ledger.pool import translated

MOST_INVITES = 1_000
"""Open invites of one workspace."""
DAYS = 7

_OPEN = (
    "used_at is null and expires_at > now() "
    "and workspace not in (select slug from workspaces where deleted_at is not null)"
)
_GOOD = f"{_OPEN} and (user_id is null or epoch = (select epoch from users u where u.id = user_id))"
_HAS_ROOM = f"""(select count(*) from memberships m where m.workspace = links.workspace)
    < {MOST_MEMBERS}"""
_COLUMNS = "id, workspace, email, role, made_by, created_at, expires_at, used_at"
_INVITE = f"""
    with made as (
        insert into links (id, hash, kind, workspace, email, role, made_by, expires_at)
        select $1, $2, 'invite', slug, $4, $5, $6, least(now() + make_interval(secs => $7),
            (select expires_at from tokens where id = $6))
        from workspaces where slug = $3 and deleted_at is null
            and not exists (select from users u where u.workspace = slug)
            and (select count(*) from links
                where kind = 'invite' and workspace = $3 and {_OPEN}) < {MOST_INVITES}
        returning {_COLUMNS}
    ), noted as ({noted("made", "id", 8)})
    select * from made
"""
_RESET = f"""
    with made as (
        insert into links (id, hash, kind, user_id, epoch, workspace, email, made_by, expires_at)
        select $1, $2, 'reset', u.id, u.epoch, u.workspace, u.email, $4,
            now() + interval '{DAYS} days' from users u where id = $3
        returning user_id, workspace, email, expires_at
    ), noted as ({noted("made", "user_id", 5)})
    select * from made
"""
_READ = f"""
    with good as (select * from links where hash = $1 and {_GOOD})
    select l.kind, l.email, l.workspace, l.role, l.expires_at, l.user_id, u.id as known, u.name
    from good l left join users u on u.email = l.email
"""
_SET = f"""
    with used as (
        update links set used_at = now() where hash = $1 and kind <> 'invite' and {_GOOD}
        returning user_id
    ), changed as (
        update users set password = coalesce($2, password),
            epoch = epoch + case when $2::text is null then 0 else 1 end
        where id = (select user_id from used) returning id, epoch, workspace
    ), made as ({session_of("changed", 3)}),
    pruned as ({pruned("changed")}),
    noted as ({noted("changed", "id", 5)})
    select exists (select from changed)
"""
_TAKE_ANEW = f"""
    with used as (
        update links set used_at = now() where hash = $1 and kind = 'invite' and {_OPEN}
            and not exists (select from users u where u.email = links.email)
            and {_HAS_ROOM} and (select count(*) from users) < {MOST_USERS}
        returning workspace as invited, email, role
    ), place as (
        insert into workspaces (slug, name) select $5, $6 from used returning slug
    ), made as (
        insert into users (id, email, name, password, workspace)
        select $2, used.email, $6, $7, place.slug from used, place
        returning id, epoch, workspace
    ), joined as (
        insert into memberships (workspace, user_id, role)
        select workspace, id, 'admin' from made union all
        select invited, made.id, used.role from used, made
    ), begun as ({session_of("made", 3)}),
    noted as ({noted("(select id, invited as workspace from made, used) as made", "id", 8)})
    select exists (select from made)
"""
_TAKE = f"""
    with used as (
        update links set used_at = now() where hash = $1 and kind = 'invite' and {_OPEN}
            and email = (select email from users where id = $2)
            and not exists (select from memberships m
                where m.workspace = links.workspace and m.user_id = $2)
            and {_HAS_ROOM}
        returning workspace, role
    ), joined as (
        insert into memberships (workspace, user_id, role) select workspace, $2, role from used
        returning workspace, user_id
    ), noted as ({noted("joined", "user_id", 3)})
    select exists (select from joined)
"""
_WITHDRAW = f"""
    with ended as (
        update links set expires_at = now()
        where workspace = $1 and id = $2 and kind = 'invite' and {_OPEN}
        returning id, workspace
    ), noted as ({noted("ended", "id", 3)})
    select exists (select from ended)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvite:
    """An invite to be made."""

    id: str
    workspace: str
    email: str
    role: Role
    made_by: str
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """Somebody new; `password` is the hash of one, or None."""

    id: str
    name: str
    slug: str
    password: str | None


class Links:
    """All raise Unavailable when Postgres is away; texts of links are hashed here."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def invite(self, new: NewInvite, text: str, by: Deed) -> asyncpg.Record | None:
        """The invite's row; None where the workspace is personal, or has its most open ones."""
        return await give(
            self._pool, by, new.workspace,
                _INVITE,
                new.id, hash_of(text), new.workspace, new.email, new.role, new.made_by,
                new.seconds, *by,
            )  # fmt: skip

    async def reset(self, key: str, user: str, text: str, by: Deed) -> asyncpg.Record | None:
        """A link to set a new password by; None where there is no such user."""
        return await give(self._pool, by, None, _RESET, key, hash_of(text), user, by.actor, *by)

    async def read(self, text: str) -> asyncpg.Record | None:
        """What a link that is good is for; `known` is the user of its e-mail, if there is one."""
        with translated():
            return await self._pool.fetchrow(_READ, hash_of(text))

    async def log_in(self, text: str, password: str | None, new: NewSession, by: Deed) -> bool:
        """Whether a link was good that is of a user: a session is made, a password set if given."""
        with translated():
            return bool(await self._pool.fetchval(_SET, hash_of(text), password, *new.row, *by))

    async def take_anew(self, text: str, user: NewUser, new: NewSession, by: Deed) -> bool:
        """Whether an invite was good, by which there is a user more. Raises: UniqueViolationError
        where the e-mail or the slug was taken meanwhile; then nothing was done."""
        with translated():
            return bool(
                await self._pool.fetchval(
                    _TAKE_ANEW,
                    hash_of(text), user.id, *new.row, user.slug, user.name, user.password, *by,
                )
            )  # fmt: skip

    async def take(self, text: str, user: str, by: Deed) -> bool:
        """Whether an invite of this user was good, who was no member yet."""
        with translated():
            return bool(await self._pool.fetchval(_TAKE, hash_of(text), user, *by))

    async def list(self, workspace: str, after: Cursor, limit: int) -> list[asyncpg.Record]:
        """Invites, newest first, those behind the cursor."""
        with translated():
            rows: list[asyncpg.Record] = await self._pool.fetch(
                f"select {_COLUMNS} from links where workspace = $1 and kind = 'invite' "
                "and (created_at, id) < ($2, $3) order by created_at desc, id desc limit $4",
                workspace, after.created_at, after.id, limit,
            )  # fmt: skip
        return rows

    async def withdraw(self, workspace: str, key: str, by: Deed) -> bool:
        """Whether there was such an invite that was open."""
        with translated():
            return bool(await self._pool.fetchval(_WITHDRAW, workspace, key, *by))
