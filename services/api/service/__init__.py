"""What the service says of itself."""

from services.api.service import calls

CALLS = tuple(calls.CALLS)
