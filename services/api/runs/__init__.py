"""Runs: created, read, listed, cancelled, decided."""

from services.api.runs import cancel, create, decide, listing, read

CALLS = (*create.CALLS, *listing.CALLS, *read.CALLS, *cancel.CALLS, *decide.CALLS)
