"""Runs: created, read, listed, cancelled, decided, forked."""

from services.api.runs import cancel, create, decide, fork, listing, read

CALLS = (*create.CALLS, *listing.CALLS, *read.CALLS, *cancel.CALLS, *decide.CALLS, *fork.CALLS)
