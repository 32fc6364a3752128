"""What ends with a right: tokens and links that were made by whoever had it, and by those tokens.

A token or an invite may no more than who made it, and a token that made others is one of these
itself: else who is removed would come back by what they left behind.

Who gives waits for who takes, and looks again whether they may: what is given at the same moment is
either seen by who takes the right, or refused.
"""

from __future__ import annotations

import asyncpg

from services.api.http.problems import Forbidden
from services.api.people.deeds import Deed
from shared.ledger.pool import in_transaction, translated

_LOCK = 7_205_311_846_902_113
_MAY = """
    select $1::text = 'settings'
        or exists (select from users where id = $1 and is_instance_admin)
        or exists (select from memberships
            where user_id = $1 and workspace = $2::text and role = 'admin')
        or exists (select from tokens
            where id = $1 and workspace = $2 and role = 'admin' and revoked_at is null
            and (expires_at is null or expires_at > now()))
"""
_RANK = "coalesce(array_position(array['viewer', 'member', 'admin'], {0}), 0)"
_IS_OPEN = "used_at is null and expires_at > now()"


def made_by(maker: str) -> str:
    """SQL of all tokens, by id, that were made by `maker`, at whatever remove.

    It is the recursive query `descended`: the statement begins `with recursive`.
    """
    return f"""descended as (
        select id, workspace, role, made_by from tokens where made_by = {maker}
        union
        select t.id, t.workspace, t.role, t.made_by
        from tokens t join descended d on t.made_by = d.id
    )"""


def rank_of(role: str) -> str:
    """SQL of how much a role may: a number, 0 where there is none."""
    return _RANK.format(role)


def ended(maker: str, where: str, *, also: str = "false") -> str:
    """SQL that revokes tokens of `descended`, and ends invites of `maker` and of these tokens.

    `where` is what of them: a condition on `workspace` and `role`. `also` says which other links.
    """
    return f"""revoked as (
        update tokens as given set revoked_at = now()
        where revoked_at is null and id in (select id from descended) and {where}
    ), withdrawn as (
        update links as given set expires_at = now()
        where {_IS_OPEN} and made_by in (select {maker} union all select id from descended)
            and (kind = 'invite' and {where} or {also})
    )"""


async def give(
    pool: asyncpg.Pool, by: Deed, workspace: str | None, query: str, *values: object
) -> asyncpg.Record | None:
    """The row of a statement by which `by` gives a right of the workspace, or the installation.

    Raises: Forbidden, where they may not any more; Unavailable.
    """

    async def work(connection: asyncpg.Connection) -> asyncpg.Record | None:
        await connection.execute("select pg_advisory_xact_lock_shared($1)", _LOCK)
        if not await connection.fetchval(_MAY, by.actor, workspace):
            raise Forbidden("expected a right to do this, yours was taken meanwhile: ask who may")
        return await connection.fetchrow(query, *values)

    with translated():
        return await in_transaction(pool, work)


async def take(pool: asyncpg.Pool, query: str, *values: object) -> asyncpg.Record | None:
    """The row of a statement that takes a right, while nobody gives any. Raises: Unavailable."""

    async def work(connection: asyncpg.Connection) -> asyncpg.Record | None:
        await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
        return await connection.fetchrow(query, *values)

    with translated():
        return await in_transaction(pool, work)
