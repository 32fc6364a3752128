"""Members of workspaces as rows. A workspace that has an admin keeps one.

Tokens and invites that a member made may no more than the member: what is above their role ends
with the change of it, and all when they go.
"""

from __future__ import annotations

import asyncpg

from services.api.identity.person import Role
from services.api.people.bounds import MOST_MEMBERS
from services.api.people.deeds import Deed, noted
from services.api.people.given_rights import ended, give, made_by, rank_of, take
from shared.ledger.pool import translated

_SHOWN = "m.user_id as id, u.email, u.name, m.role, m.created_at as since"
_ADD = f"""
    with added as (
        insert into memberships (workspace, user_id, role)
        select w.slug, u.id, $3 from workspaces w, users u
        where w.slug = $1 and w.deleted_at is null and u.email = $2
            and not exists (select from users p where p.workspace = $1)
            and (select count(*) from memberships where workspace = $1) < {MOST_MEMBERS}
        on conflict do nothing returning workspace, user_id, role, created_at
    ), noted as ({noted("added", "user_id", 4)})
    select {_SHOWN} from added m join users u on u.id = m.user_id
"""
_ABOUT = """
    select exists (select from workspaces where slug = $1 and deleted_at is null) as is_workspace,
        exists (select from users where workspace = $1) as is_personal,
        exists (select from users where email = $2) as is_user,
        exists (select from memberships m join users u on u.id = m.user_id
            where m.workspace = $1 and u.email = $2) as is_member
"""
# All admins are locked, in one order, so that of two who go at once the second sees that the first
# went: what is locked is looked at again.
_ADMINS = f"""
    with recursive {made_by("$2")}, admins as (
        select user_id from memberships where workspace = $1 and role = 'admin'
        order by user_id for update
    ), others as (select count(*) as n from admins where user_id <> $2)
"""
_MAY_GO = "workspace = $1 and user_id = $2 and (role <> 'admin' or (select n from others) > 0)"
_IS_HIGHER = f"{rank_of('given.role')} > (select {rank_of('changed.role')} from changed)"
_CHANGE = f"""
    {_ADMINS}, changed as (
        update memberships set role = $3
        where workspace = $1 and user_id = $2
            and (role <> 'admin' or $3 = 'admin' or (select n from others) > 0)
        returning workspace, user_id, role, created_at
    ), {ended("$2", f"given.workspace = $1 and {_IS_HIGHER}")},
    noted as ({noted("changed", "user_id", 4)})
    select {_SHOWN} from changed m join users u on u.id = m.user_id
"""
_REMOVE = f"""
    {_ADMINS}, removed as (
        delete from memberships where {_MAY_GO}
            and not exists (select from users where id = $2 and workspace = $1)
        returning workspace, user_id
    ), {ended("$2", "given.workspace in (select workspace from removed)")},
    noted as ({noted("removed", "user_id", 3)})
    select exists (select from removed)
"""


class Members:
    """All raise Unavailable when Postgres is away."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, workspace: str, email: str, role: Role, by: Deed) -> asyncpg.Record | None:
        """The member's row; None where `about` says why not, or there are the most there may be."""
        return await give(self._pool, by, workspace, _ADD, workspace, email, role, *by)

    async def about(self, workspace: str, email: str) -> asyncpg.Record:
        """Whether there is such a workspace, is personal, such a user, and they are a member."""
        with translated():
            return await self._pool.fetchrow(_ABOUT, workspace, email)

    async def list(self, workspace: str, after: str, limit: int) -> list[asyncpg.Record]:
        """By e-mail, those behind this one."""
        with translated():
            rows: list[asyncpg.Record] = await self._pool.fetch(
                f"select {_SHOWN} from memberships m join users u on u.id = m.user_id "
                "where m.workspace = $1 and u.email > $2 order by u.email limit $3",
                workspace, after, limit,
            )  # fmt: skip
        return rows

    async def get(self, workspace: str, user: str) -> asyncpg.Record | None:
        """The member's row, if they are one."""
        with translated():
            return await self._pool.fetchrow(
                f"select {_SHOWN}, u.workspace as personal from memberships m "
                "join users u on u.id = m.user_id where m.workspace = $1 and m.user_id = $2",
                workspace, user,
            )  # fmt: skip

    async def change(
        self, workspace: str, user: str, role: Role, by: Deed
    ) -> asyncpg.Record | None:
        """The member's row; None where they are none, or the last admin."""
        return await take(self._pool, _CHANGE, workspace, user, role, *by)

    async def remove(self, workspace: str, user: str, by: Deed) -> bool:
        """Whether they were removed: None of the last admin, nor of whose workspace it is."""
        row = await take(self._pool, _REMOVE, workspace, user, *by)
        return bool(row and row[0])
