"""Tokens: made, listed, revoked."""

from __future__ import annotations

from datetime import UTC, datetime

import uuid_utils
from starlette.requests import Request

from services.api.http.answers import Answer, NoContent
from services.api.http.calls import Calls, Described
from services.api.http.pages import Cursor, Rows, page_of
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.http.problems import Forbidden, InvalidRequest, TooManyTokens
from services.api.identity.identity import identity_of, workspace_of
from services.api.identity.token_text import new_token
from services.api.people.deeds import deed
from services.api.people.models import MadeToken, TokenBody, TokenPage, TokenShape
from services.api.people.token_table import MOST, NewToken, Tokens
from services.api.people.workspace_table import Workspaces
from shared.errors import NotFound

TOKENS = "/api/v1/tokens"

CALLS = Calls("People")


@CALLS.post(
    TOKENS,
    "Make a token",
    answers=(Described(201, "The token, with its text", MadeToken),),
    access="admin",
    refusals=(TooManyTokens, NotFound, InvalidRequest),
)
async def create_token(request: Request, body: TokenBody) -> Answer[MadeToken]:
    """Makes a token of the workspace. Its text is told in this answer and never again.

    Whoever has it may what its role may; revoked, it is refused by every api within two seconds.
    What a token makes is good no longer than that token, whatever `expires_at` asks for.
    """
    who = identity_of(request)
    workspace = body.workspace or who.workspace
    if workspace != who.workspace and not who.is_instance_admin:
        raise Forbidden(f"expected the workspace {who.workspace!r}, which your token opens")
    if body.expires_at is not None and body.expires_at <= datetime.now(UTC):
        raise InvalidRequest("expected an `expires_at` that is still to come, got one that is past")
    text, new = (
        new_token(),
        NewToken(
            id=str(uuid_utils.uuid7()),
            workspace=workspace,
            name=body.name,
            role=body.role,
            made_by=who.actor,
            expires_at=body.expires_at,
        ),
    )
    by = deed(request, "token.created", name=body.name, role=body.role)
    made = await part(request, Tokens).create(new, text, by)
    if made is None:
        if not await part(request, Workspaces).exists(workspace):
            raise NotFound(f"There is no workspace {workspace!r}.")
        raise TooManyTokens(f"expected at most {MOST:,} good tokens a workspace: revoke some first")
    return Answer(MadeToken.model_validate({**made, "token": text}), 201)


@CALLS.get(
    TOKENS,
    "Tokens, newest first",
    answers=(Described(200, "A page", TokenPage),),
    access="admin",
)
async def list_tokens(request: Request, query: Rows) -> Answer[TokenPage]:
    """Tells the tokens of the workspace page by page, also those that are good no more."""
    tokens = part(request, Tokens)
    found = await tokens.list(workspace_of(request), query.cursor, query.limit + 1)
    rows, cursor = page_of(found, query.limit, lambda row: Cursor(row["created_at"], row["id"]))
    shown = [TokenShape.model_validate(dict(row)) for row in rows]
    return Answer(TokenPage(items=shown, next_cursor=cursor))


@CALLS.delete(f"{TOKENS}/{{id}}", "Revoke a token", answers=(Described(204, "It is good no more"),))
async def revoke_token(request: Request) -> NoContent:
    """Revokes a token: within two seconds no api takes it or its tickets, and its streams end.

    Tokens and invites that were made with it are over, too.
    """
    key = id_of(request, "id", "token")
    by = deed(request, "token.revoked")
    if not await part(request, Tokens).revoke(workspace_of(request), key, by):
        raise NotFound(f"There is no token {key!r} in this workspace, or it was revoked before.")
    return NoContent()
