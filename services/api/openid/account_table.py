"""Accounts of who signs in by a provider, as rows: known by issuer and subject, for ever.

What lets somebody in is in one statement, with the state by which it was asked for: of two answers
with one state the second finds it used, and nothing is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from services.api.identity.person import Role
from services.api.identity.token_text import hash_of
from services.api.openid.attempt import LASTS_SECONDS
from services.api.openid.claims import Said
from services.api.people.bounds import MOST_MEMBERS, MOST_USERS
from services.api.people.deeds import Deed, noted
from services.api.people.session_table import NewSession, pruned, session_of
from shared.ledger.pool import translated

_FIND = """
    with known as (
        select u.id, u.name, u.epoch from openid_subjects o join users u on u.id = o.user_id
        where o.issuer = $1 and o.subject = $2
    )
    select k.id, k.name, k.epoch, true as is_known from known k union all
    select u.id, u.name, u.epoch, false from users u
    where u.email = $3 and not exists (select from known)
"""
_USED = f"""
    swept as (delete from openid_used where expires_at < now()), used as (
        insert into openid_used (state, expires_at)
        values ($1, now() + interval '{2 * LASTS_SECONDS} seconds')
        on conflict do nothing returning state
    )
"""
_DONE = "select exists (select from used) as is_new, exists (select from made) as is_made"
# An e-mail that somebody else has meanwhile stays theirs.
_LOG_IN = f"""
    with {_USED}, found as (
        select id, epoch, workspace from users
        where id = $2 and epoch = $3 and exists (select from used)
    ), moved as (
        update users set email = $4 where id = (select id from found) and email <> $4
            and not exists (select from users where email = $4)
        returning id, workspace
    ), made as ({session_of("found", 5)} returning user_id),
    pruned as ({pruned("found")}),
    noted as ({noted("(select found.* from found, made) as found", "id", 7)}),
    noted_move as ({noted("moved", "id", 7 + len(Deed._fields))})
    {_DONE}
"""
# Whoever had the account until now, by whatever means, has it no more.
_LINK = f"""
    with {_USED}, found as (
        update users set password = null, epoch = epoch + 1
        where id = $2 and epoch = $3 and email = $4 and exists (select from used)
            and not exists (select from openid_subjects o where o.user_id = $2 and o.issuer = $7)
        returning id, epoch, workspace
    ), named as (
        insert into openid_subjects (issuer, subject, user_id) select $7, $8, id from found
    ), made as ({session_of("found", 5)} returning user_id),
    pruned as ({pruned("found")}),
    noted as ({noted("found", "id", 9)})
    {_DONE}
"""
_MAKE = f"""
    with {_USED}, place as (
        insert into workspaces (slug, name) select $9, $3 from used
        where (select count(*) from users) < {MOST_USERS} returning slug
    ), made as (
        insert into users (id, email, name, workspace) select $2, $4, $3, slug from place
        returning id, epoch, workspace
    ), joined as (
        insert into memberships (workspace, user_id, role)
        select workspace, id, 'admin' from made union all
        select w.slug, made.id, given.role from made
        cross join unnest($10::text[], $11::text[]) as given (workspace, role)
        join workspaces w on w.slug = given.workspace and w.deleted_at is null
        where not exists (select from users p where p.workspace = w.slug) and
            (select count(*) from memberships m where m.workspace = w.slug) < {MOST_MEMBERS}
        returning workspace, user_id
    ), named as (
        insert into openid_subjects (issuer, subject, user_id) select $7, $8, id from made
    ), begun as ({session_of("made", 5)}),
    noted as ({noted("joined", "user_id", 12)})
    {_DONE}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Somebody who is let in: by whom, as whom, with which session; `state` is used by it."""

    issuer: str
    state: str
    said: Said
    session: NewSession


class Accounts:
    """All raise Unavailable when Postgres is away, and UniqueViolationError where another was
    quicker; then nothing was done. Those that change say whether the state was new, and done."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def find(self, issuer: str, said: Said) -> asyncpg.Record | None:
        """The user of this subject (`is_known`), or else the one of this e-mail."""
        with translated():
            return await self._pool.fetchrow(_FIND, issuer, said.subject, said.email)

    async def log_in(
        self, entry: Entry, user: asyncpg.Record, by: Deed, moved: Deed
    ) -> asyncpg.Record:
        """A session of a user who is known; the e-mail is what the provider says now.

        `moved` is recorded besides, where that is another e-mail than before.
        """
        key, session = hash_of(entry.state), entry.session.row
        with translated():
            return await self._pool.fetchrow(
                _LOG_IN, key, user["id"], user["epoch"], entry.said.email, *session, *by, *moved
            )

    async def link(self, entry: Entry, user: asyncpg.Record, by: Deed) -> asyncpg.Record:
        """The account of the e-mail becomes theirs alone: all sessions and the password end."""
        key, session = hash_of(entry.state), entry.session.row
        named = (entry.issuer, entry.said.subject)
        with translated():
            return await self._pool.fetchrow(
                _LINK, key, user["id"], user["epoch"], entry.said.email, *session, *named, *by
            )

    async def make(
        self, entry: Entry, user: str, slug: str, places: Mapping[str, Role], by: Deed
    ) -> asyncpg.Record:
        """A new user with this personal workspace, a member of `places`, where there are these."""
        key, said, session = hash_of(entry.state), entry.said, entry.session.row
        named = (entry.issuer, said.subject)
        with translated():
            return await self._pool.fetchrow(
                _MAKE,
                key, user, said.name, said.email, *session, *named, slug,
                list(places), list(places.values()), *by,
            )  # fmt: skip
