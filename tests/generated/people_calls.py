"""The calls about workspaces, tokens and the audit, by the generated Python client."""

from __future__ import annotations

from account_calls import call_accounts
from deletion_calls import call_deletions
from generated import AuthenticatedClient
from generated.api.people import (
    create_token,
    create_workspace,
    list_limits,
    list_tokens,
    list_workspaces,
    read_audit,
    read_limits,
    revoke_token,
    set_limits,
)
from generated.models import (
    AuditPage,
    LimitsAndUse,
    LimitsPage,
    MadeToken,
    TokenBody,
    TokenBodyRole,
    TokenPage,
    WorkspaceBody,
    WorkspaceLimits,
    WorkspaceLimitsBody,
    WorkspacePage,
    WorkspaceShape,
)
from key_calls import call_keys


def call_people(client: AuthenticatedClient) -> None:
    """A new workspace gets a token, which is used by nobody; one of our own is revoked."""
    body = WorkspaceBody(slug="acme", name="Acme")
    workspace = create_workspace.sync(client=client, body=body)
    assert isinstance(workspace, WorkspaceShape), workspace
    limits = WorkspaceLimitsBody(runs_in_flight=5)
    assert isinstance(set_limits.sync("acme", client=client, body=limits), WorkspaceLimits)
    told = read_limits.sync("acme", client=client)
    assert isinstance(told, LimitsAndUse), told
    assert isinstance(list_limits.sync(client=client), LimitsPage)
    assert (told.runs_in_flight, told.runs_a_minute) == (5, None)
    theirs = TokenBody(name="nightly", role=TokenBodyRole.MEMBER, workspace="acme")
    assert isinstance(create_token.sync(client=client, body=theirs), MadeToken)
    ours = TokenBody(name="nightly", role=TokenBodyRole.MEMBER)
    token = create_token.sync(client=client, body=ours)
    assert isinstance(token, MadeToken), token
    assert token.token.startswith(token.prefix)
    assert revoke_token.sync_detailed(token.id, client=client).status_code == 204
    tokens = list_tokens.sync(client=client)
    assert isinstance(tokens, TokenPage), tokens
    assert tokens.items[0].revoked_at is not None
    call_keys(client)
    workspaces = list_workspaces.sync(client=client)
    assert isinstance(workspaces, WorkspacePage), workspaces
    audit = read_audit.sync(client=client)
    assert isinstance(audit, AuditPage), audit
    assert audit.items[0].action == "secret.deleted"
    call_accounts(client)
    call_deletions(client)
