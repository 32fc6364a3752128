"""One change of a key or a secret, from a value to what workers read."""

from __future__ import annotations

import asyncpg
from starlette.requests import Request

from services.api.http.parts import part
from services.api.identity.identity import identity_of
from services.api.keys.credential_table import MOST, Change, CredentialTable
from services.api.keys.known_keys import WorkspaceKeys
from services.api.keys.publishing import Publishing
from services.api.keys.refusals import TooManySecrets
from services.api.people.deeds import deed
from shared.credentials.names import CredentialName, Kind
from shared.credentials.sealer import Sealer
from shared.errors import NotFound

_ACTIONS: dict[Kind, str] = {"provider": "provider_key", "secret": "secret"}
_WORDS: dict[Kind, str] = {"provider": "key of", "secret": "secret"}
_SHOWN, _LONG_ENOUGH = 4, 20


def named(request: Request, kind: Kind, name: str) -> CredentialName:
    """The name in the caller's workspace."""
    return CredentialName(identity_of(request).workspace, kind, name)


async def keep(
    request: Request, name: CredentialName, value: str, default_model: str | None = None
) -> asyncpg.Record:
    """The row of the value, which is sealed, recorded and given to workers.

    Raises: TooManySecrets; Unavailable, saying whether the change is kept.
    """
    sealer, who = part(request, Sealer), identity_of(request)
    new = Change(
        name=name,
        sealed=sealer.seal(name, value),
        sealed_by=sealer.ids[0],
        hint=hint_of(value) if name.kind == "provider" else "",
        default_model=default_model,
        updated_by=who.name,
    )
    by = deed(request, f"{_ACTIONS[name.kind]}.set")
    row = await part(request, CredentialTable).put(new, by)
    if row is None:
        raise TooManySecrets(f"expected at most {MOST} a workspace: delete some first")
    await _tell(request, row)
    return row


async def remove(request: Request, name: CredentialName) -> None:
    """There is no value any more, and workers know. Raises: NotFound; Unavailable, as `keep`."""
    by = deed(request, f"{_ACTIONS[name.kind]}.deleted")
    row = await part(request, CredentialTable).delete(name, identity_of(request).name, by)
    if row is None:
        raise none_there(name)
    await _tell(request, row)


async def find(request: Request, name: CredentialName) -> asyncpg.Record:
    """The row. Raises: NotFound, Unavailable."""
    row = await part(request, CredentialTable).get(name)
    if row is None:
        raise none_there(name)
    return row


def none_there(name: CredentialName) -> NotFound:
    """There is nothing of this name."""
    return NotFound(f"There is no {_WORDS[name.kind]} {name.name!r} in this workspace.")


def hint_of(value: str) -> str:
    """How a key ends, if it is long enough that this gives nothing away."""
    return f"...{value[-_SHOWN:] if len(value) >= _LONG_ENOUGH else ''}"


async def _tell(request: Request, row: asyncpg.Record) -> None:
    part(request, WorkspaceKeys).forget(row["workspace"])
    await part(request, Publishing).publish(row)
