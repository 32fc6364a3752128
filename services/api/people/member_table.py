"""Members of workspaces as rows. A workspace that has an admin keeps one.

Tokens that a member made may no more than the member: what is above their role is revoked with the
change of it, and all when they go.
"""

from __future__ import annotations

import asyncpg

from services.api.identity.person import Role
from services.api.people.deeds import Deed, noted
from shared.ledger.pool import translated

MOST = 1_000
"""Members of one workspace."""

_SHOWN = "m.user_id as id, u.email, u.name, m.role, m.created_at as since"
_ADD = f"""
    with added as (
        insert into memberships (workspace, user_id, role)
        select w.slug, u.id, $3 from workspaces w, users u
        where w.slug = $1 and w.deleted_at is null and u.email = $2
            and not exists (select from users p where p.workspace = $1)
            and (select count(*) from memberships where workspace = $1) < {MOST}
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
_ADMINS = """
    with admins as (
        select user_id from memberships where workspace = $1 and role = 'admin'
        order by user_id for update
    ), others as (select count(*) as n from admins where user_id <> $2)
"""
_MAY_GO = "workspace = $1 and user_id = $2 and (role <> 'admin' or (select n from others) > 0)"
_RANKS = "array_position(array['viewer', 'member', 'admin'], {0})"
_CHANGE = f"""
    {_ADMINS}, changed as (
        update memberships set role = $3
        where workspace = $1 and user_id = $2
            and (role <> 'admin' or $3 = 'admin' or (select n from others) > 0)
        returning workspace, user_id, role, created_at
    ), revoked as (
        update tokens set revoked_at = now() from changed
        where tokens.workspace = $1 and made_by = $2 and revoked_at is null
            and {_RANKS.format("tokens.role")} > {_RANKS.format("changed.role")}
    ), noted as ({noted("changed", "user_id", 4)})
    select {_SHOWN} from changed m join users u on u.id = m.user_id
"""
_REMOVE = f"""
    {_ADMINS}, removed as (
        delete from memberships where {_MAY_GO}
            and not exists (select from users where id = $2 and workspace = $1)
        returning workspace, user_id
    ), revoked as (
        update tokens set revoked_at = now() from removed
        where tokens.workspace = $1 and made_by = $2 and revoked_at is null
    ), noted as ({noted("removed", "user_id", 3)})
    select exists (select from removed)
"""


class Members:
    """All raise Unavailable when Postgres is away."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, workspace: str, email: str, role: Role, by: Deed) -> asyncpg.Record | None:
        """The member's row; None where `about` says why not, or there are the most there may be."""
        with translated():
            return await self._pool.fetchrow(_ADD, workspace, email, role, *by)

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
        with translated():
            return await self._pool.fetchrow(_CHANGE, workspace, user, role, *by)

    async def remove(self, workspace: str, user: str, by: Deed) -> bool:
        """Whether they were removed: None of the last admin, nor of whose workspace it is."""
        with translated():
            return bool(await self._pool.fetchval(_REMOVE, workspace, user, *by))
