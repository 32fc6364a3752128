"""How a token or a session stands, as its row in Postgres says."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple, Protocol, TypeAlias

import asyncpg
import pydantic_core

from services.api.http.problems import Refused, Unauthorized
from services.api.identity.identity import Identity
from services.api.identity.person import Person, Place
from shared.errors import NotFound
from shared.ledger.pool import translated

Kind: TypeAlias = Literal["token", "session"]
SESSION_PREFIX = "session-"
"""How ids of sessions begin; those of tokens do not."""
SESSION_DAYS = 14
_SHOWN = 80

_TOKEN = (
    "select id, workspace, name, role, expires_at, revoked_at is not null as is_revoked, "
    "last_used_at is distinct from date_trunc('hour', now()) as is_used_anew "
    "from tokens where "
)
_TOKEN_USED = "update tokens set last_used_at = date_trunc('hour', now()) where id = $1"
_GOOD = "s.epoch = u.epoch and s.expires_at > now()"
_SESSION = f"""
    select s.id, s.user_id, s.expires_at, u.email, u.name, u.is_instance_admin, u.workspace,
        s.expires_at < now() + interval '{SESSION_DAYS} days' - interval '1 hour' as is_used_anew,
        (select coalesce(json_agg(json_build_array(w.slug, w.name, m.role) order by w.slug), '[]')
            from memberships m join workspaces w on w.slug = m.workspace
            where m.user_id = u.id and w.deleted_at is null) as places
    from sessions s join users u on u.id = s.user_id where {_GOOD} and
"""
_SESSION_USED = (
    f"update sessions set expires_at = now() + interval '{SESSION_DAYS} days' where id = $1"
)
_GOOD_TOKENS = (
    "select id, workspace from tokens where id = any($1) and revoked_at is null "
    "and (expires_at is null or expires_at > now())"
)
_GOOD_SESSIONS = f"""
    select s.id, m.workspace from sessions s join users u on u.id = s.user_id
    join memberships m on m.user_id = u.id
    join workspaces w on w.slug = m.workspace and w.deleted_at is null
    where s.id = any($1) and {_GOOD}
"""


class Right(NamedTuple):
    """What something was made or opened by: a token or session, in a workspace."""

    maker: str
    workspace: str


class WorkspaceNeeded(Refused):
    """Somebody who works in several workspaces did not say in which."""

    code = "workspace_needed"


class Standing(Protocol):
    """Whom a token or session makes its bearer."""

    def identity_in(self, workspace: str | None) -> Identity:
        """Who it is there. Raises: Unauthorized, NotFound, WorkspaceNeeded."""


@dataclass(frozen=True, slots=True)
class TokenStanding:
    """A token: it is of one workspace, whichever is asked for."""

    identity: Identity
    expires_at: datetime | None
    is_revoked: bool

    def identity_in(self, workspace: str | None) -> Identity:
        """Raises: Unauthorized, saying what became of the token."""
        if self.is_revoked:
            raise Unauthorized(f"the token {self.identity.name!r} was revoked: ask for a new one")
        if self.expires_at is not None and self.expires_at <= datetime.now(UTC):
            until = f"{self.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            raise Unauthorized(f"the token was good until {until}: ask for a new one")
        return self.identity


@dataclass(frozen=True, slots=True)
class SessionStanding:
    """A session: its person may be in any workspace of theirs."""

    id: str
    person: Person
    expires_at: datetime

    def identity_in(self, workspace: str | None) -> Identity:
        """Raises: Unauthorized, NotFound, WorkspaceNeeded."""
        if self.expires_at <= datetime.now(UTC):
            raise over()
        person = self.person
        if workspace is None:
            if len(person.places) != 1:
                known = ", ".join(person.places)
                raise WorkspaceNeeded(
                    "expected the header `X-Penstock-Workspace`, or `?workspace=`, with one of "
                    f"{known or 'your workspaces'}; came none"
                )
            workspace = next(iter(person.places))
        place = person.places.get(workspace)
        if place is None:
            shown = workspace if len(workspace) <= _SHOWN else f"{workspace[:_SHOWN]}..."
            raise NotFound(f"There is no workspace {shown!r} that you are a member of.")
        return Identity(
            workspace, person.name, place.role, self.id, person.is_instance_admin, person
        )


def over() -> Unauthorized:
    """What to raise for a session that is no more."""
    return Unauthorized("the session is over, or was never: log in again")


async def find(pool: asyncpg.Pool, kind: Kind, column: str, value: str) -> Standing | None:
    """What Postgres says of a token or session, which is told to be in use. Raises: Unavailable."""
    asked, used = (_TOKEN, _TOKEN_USED) if kind == "token" else (_SESSION, _SESSION_USED)
    name = column if kind == "token" else f"s.{column}"
    with translated():
        row = await pool.fetchrow(f"{asked} {name} = $1", value)
        if row is None:
            return None
        if row["is_used_anew"]:
            await pool.execute(used, row["id"])
    return _token_of(row) if kind == "token" else _session_of(row)


async def ended(pool: asyncpg.Pool, rights: Collection[Right]) -> set[Right]:
    """Those of these that are not good any more. Raises: Unavailable."""
    makers = {right.maker for right in rights}
    sessions = {maker for maker in makers if maker.startswith(SESSION_PREFIX)}
    good: set[Right] = set()
    for query, keys in ((_GOOD_TOKENS, makers - sessions), (_GOOD_SESSIONS, sessions)):
        if keys:
            with translated():
                rows = await pool.fetch(query, list(keys))
            good |= {Right(row["id"], row["workspace"]) for row in rows}
    return set(rights) - good


def _token_of(row: asyncpg.Record) -> TokenStanding:
    identity = Identity(row["workspace"], row["name"], row["role"], row["id"])
    return TokenStanding(identity, row["expires_at"], row["is_revoked"])


def _session_of(row: asyncpg.Record) -> SessionStanding:
    places = {
        slug: Place(name, role) for slug, name, role in pydantic_core.from_json(row["places"])
    }
    person = Person(
        id=row["user_id"],
        email=row["email"],
        name=row["name"],
        is_instance_admin=row["is_instance_admin"],
        workspace=row["workspace"],
        places=places,
    )
    return SessionStanding(row["id"], person, row["expires_at"])
