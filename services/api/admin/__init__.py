"""What admins see and stop, in all workspaces."""

from services.api.admin import calls, parked_calls

CALLS = (*calls.CALLS, *parked_calls.CALLS)
