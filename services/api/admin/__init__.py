"""What admins see and stop, in all workspaces."""

from services.api.admin import calls

CALLS = tuple(calls.CALLS)
