"""Tools of a workspace: kept, and called once to see what comes of it."""

from services.api.tools import calls, errands

CALLS = (*calls.CALLS, *errands.CALLS)
