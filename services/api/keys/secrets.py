"""`/secrets`: values that are written, and never read again."""

from __future__ import annotations

import re

import asyncpg
from pydantic import Field
from starlette.requests import Request

from services.api.http.answers import Answer, NoContent
from services.api.http.calls import Calls, Described
from services.api.http.pages import Limited, cut
from services.api.http.parts import part
from services.api.identity.identity import workspace_of
from services.api.keys import vault
from services.api.keys.credential_table import CredentialTable
from services.api.keys.models import LONGEST_SECRET, SecretBody, SecretPage, SecretShape
from services.api.keys.refusals import BadName, TooManySecrets
from shared.credentials.names import NAME, CredentialName
from shared.errors import NotFound
from shared.flow.json_value import shown

SECRETS = "/api/v1/secrets"
SECRET = f"{SECRETS}/{{name}}"
SLASHED = f"{SECRETS}/{{name:path}}"
BODY_BYTES = 8 * LONGEST_SECRET
_NAME = re.compile(NAME, re.ASCII)

CALLS = Calls("Keys and secrets")


class Names(Limited):
    """Which page of the secrets, by name."""

    cursor: str = Field("", max_length=63, description="`next_cursor` of the page before")


@CALLS.put(
    SECRET,
    "Set a secret",
    answers=(Described(200, "The secret, without its value", SecretShape),),
    access="admin",
    refusals=(BadName, TooManySecrets),
    most_bytes=BODY_BYTES,
)
async def set_secret(request: Request, body: SecretBody) -> Answer[SecretShape]:
    """Sets a secret of the workspace. Its value is told to nobody again."""
    return Answer(_shape(await vault.keep(request, _name(request), body.value)))


@CALLS.get(
    SECRETS,
    "Secrets by name, without their values",
    answers=(Described(200, "A page", SecretPage),),
)
async def list_secrets(request: Request, query: Names) -> Answer[SecretPage]:
    """Tells the secrets of the workspace page by page: their names, and who set them when."""
    table = part(request, CredentialTable)
    rows = await table.list(workspace_of(request), "secret", query.cursor, query.limit + 1)
    shown, last = cut(rows, query.limit)
    cursor = last and last["name"]
    return Answer(SecretPage(items=[_shape(row) for row in shown], next_cursor=cursor))


@CALLS.get(
    SECRET,
    "A secret, without its value",
    answers=(Described(200, "The secret", SecretShape),),
    refusals=(BadName, NotFound),
)
async def read_secret(request: Request) -> Answer[SecretShape]:
    """Tells that a secret is there, and who set it when."""
    return Answer(_shape(await vault.find(request, _name(request))))


@CALLS.delete(
    SECRET,
    "Delete a secret",
    answers=(Described(204, "It is there no more"),),
    refusals=(BadName, NotFound),
)
async def delete_secret(request: Request) -> NoContent:
    """Deletes a secret, of which nothing is kept but the record that it was there."""
    await vault.remove(request, _name(request))
    return NoContent()


@CALLS.get(SLASHED, "Refused: a secret is no path", described=False)
@CALLS.put(SLASHED, "Refused: a secret is no path", access="admin", described=False)
@CALLS.delete(SLASHED, "Refused: a secret is no path", described=False)
async def refuse_path(request: Request) -> NoContent:
    """Says what a secret may be called."""
    _name(request)
    return NoContent()


def _name(request: Request) -> CredentialName:
    """Raises: BadName."""
    name: str = request.path_params["name"]
    if not _NAME.fullmatch(name):
        raise BadName(
            "expected a name of letters, digits, _ and -, at most 63, which begins with a letter "
            f"or _, got {shown(name)}"
        )
    return vault.named(request, "secret", name)


def _shape(row: asyncpg.Record) -> SecretShape:
    return SecretShape(name=row["name"], updated_at=row["updated_at"], updated_by=row["updated_by"])
