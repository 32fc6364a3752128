"""Runs: created, read, listed, outlined, cancelled, forked, decided, also by a link."""

from services.api.runs import cancel, create, decide, decision_links, fork, listing, outline, read

CALLS = (
    *create.CALLS,
    *listing.CALLS,
    *read.CALLS,
    *outline.CALLS,
    *cancel.CALLS,
    *decide.CALLS,
    *decision_links.CALLS,
    *fork.CALLS,
)
