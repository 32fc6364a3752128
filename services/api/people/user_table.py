"""Users as rows. Each has a personal workspace, whose slug stays when they go."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from services.api.identity.token_text import hash_of
from services.api.people.bounds import MOST_USERS
from services.api.people.deeds import Deed, noted
from services.api.people.given_rights import ended, made_by, rank_of, take
from services.api.people.link_table import DAYS
from services.api.people.problems import LastAdmin, LastInstanceAdmin
from shared.ledger.pool import translated

_COLUMNS = (
    "id, email, name, is_instance_admin, workspace, password is not null as has_password, "
    "created_at"
)
_CREATE = f"""
    with place as (
        insert into workspaces (slug, name) select $5, $3
        where (select count(*) from users) < {MOST_USERS} returning slug
    ), made as (
        insert into users (id, email, name, is_instance_admin, workspace)
        select $1, $2, $3, $4, slug from place returning {_COLUMNS}
    ), joined as (
        insert into memberships (workspace, user_id, role) select workspace, id, 'admin' from made
    ), link as (
        insert into links (id, hash, kind, user_id, workspace, email, made_by, expires_at)
        select $6, $7, 'first', id, workspace, email, $8, now() + interval '{DAYS} days' from made
        returning expires_at
    ), noted as ({noted("made", "id", 9)})
    select * from made, link
"""
# Locked in one order, so that of two admins who go at once the second sees that the first went.
_REMOVE = f"""
    with recursive {made_by("$1")}, admins as (
        select m.workspace, m.user_id from memberships m
        where m.role = 'admin' and m.workspace in (
            select o.workspace from memberships o join users u on u.id = o.user_id
            where o.user_id = $1 and o.role = 'admin' and o.workspace <> u.workspace)
        order by m.workspace, m.user_id for update
    ), alone as (
        select workspace from admins group by workspace
        having count(*) = 1 and bool_or(user_id = $1)
    ), rulers as (select id from users where is_instance_admin order by id for update
    ), removed as (
        delete from users where id = $1 and not exists (select from alone)
            and (not is_instance_admin or exists (select from rulers where id <> $1))
        returning id, workspace
    ), closed as (
        update tokens set revoked_at = now() from removed
        where revoked_at is null and tokens.workspace = removed.workspace
            and tokens.id not in (select id from descended)
    ), {ended("$1", "exists (select from removed)", also="exists (select from removed)")},
    noted as ({noted("removed", "id", 2)})
    select exists (select from removed) as is_removed, (select min(workspace) from alone) as alone,
        exists (select from users where id = $1 and is_instance_admin) as is_ruler
"""
# What they have of a workspace is what members have there.
_PLACE = "select role from memberships m where m.workspace = given.workspace and m.user_id = $1"
_IS_TAKEN = "exists (select from changed where not is_instance_admin)"
_IS_BEYOND = f"{_IS_TAKEN} and {rank_of('given.role')} > {rank_of(f'({_PLACE})')}"
# Locked in one order, as above: of two who take it from each other at once one keeps it.
_RULE = f"""
    with recursive {made_by("$1")}, rulers as (
        select id from users where is_instance_admin order by id for update
    ), changed as (
        update users set is_instance_admin = $2 where id = $1 and ($2 or not is_instance_admin
            or exists (select from rulers where id <> $1))
        returning {_COLUMNS}
    ), {ended("$1", f"({_IS_BEYOND})", also=_IS_TAKEN)},
    noted as ({noted("changed", "id", 3)})
    select changed.* from users left join changed using (id) where users.id = $1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A user to be made, and the link they log in by first."""

    id: str
    email: str
    name: str
    is_instance_admin: bool
    link_id: str
    link: str


class Users:
    """All raise Unavailable when Postgres is away."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def create(self, new: Newcomer, slug: str, by: Deed) -> asyncpg.Record | None:
        """The user's row; None where there are the most there may be.

        Raises: UniqueViolationError, where the e-mail or the slug is taken.
        """
        with translated():
            return await self._pool.fetchrow(
                _CREATE,
                new.id, new.email, new.name, new.is_instance_admin, slug,
                new.link_id, hash_of(new.link), by.actor, *by,
            )  # fmt: skip

    async def list(self, after: str, limit: int) -> list[asyncpg.Record]:
        """By e-mail, those behind this one."""
        with translated():
            rows: list[asyncpg.Record] = await self._pool.fetch(
                f"select {_COLUMNS} from users where email > $1 order by email limit $2",
                after, limit,
            )  # fmt: skip
        return rows

    async def set_instance_admin(
        self, user: str, is_instance_admin: bool, by: Deed
    ) -> asyncpg.Record | None:
        """The user's row, of nulls where no other user runs the installation; None without one."""
        return await take(self._pool, _RULE, user, is_instance_admin, *by)

    async def remove(self, user: str, by: Deed) -> bool:
        """Whether there was such a user, who was removed.

        Raises: LastAdmin, LastInstanceAdmin, where a workspace or all would be without one.
        """
        row = await take(self._pool, _REMOVE, user, *by)
        assert row is not None
        if row["alone"] is not None:
            raise LastAdmin(
                f"expected another admin of the workspace {row['alone']!r}: make one first"
            )
        if row["is_ruler"] and not row["is_removed"]:
            raise no_other_ruler()
        return bool(row["is_removed"])


def no_other_ruler() -> LastInstanceAdmin:
    """What to raise where nobody would run the installation."""
    return LastInstanceAdmin("expected another user who runs the installation: make one first")
