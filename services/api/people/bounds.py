"""How much of each there may be, where several ways lead to one more."""

MOST_USERS = 10_000
MOST_WORKSPACES = 10_000
"""Those that were deleted are none any more."""
MOST_MEMBERS = 1_000
"""Members of one workspace."""
