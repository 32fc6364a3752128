"""Users, workspaces, their members and limits, the tokens that open them, and who did what."""

from services.api.people import (
    account_links,
    audit,
    invites,
    limits,
    members,
    sessions,
    tokens,
    users,
    workspaces,
)

CALLS = (
    *sessions.CALLS,
    *account_links.CALLS,
    *users.CALLS,
    *workspaces.CALLS,
    *limits.CALLS,
    *members.CALLS,
    *invites.CALLS,
    *tokens.CALLS,
    *audit.CALLS,
)
