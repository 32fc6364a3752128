"""Runs: created, read, listed, outlined, cancelled, decided, also by a link."""

from services.api.runs import cancel, create, decide, decision_links, listing, outline, read

CALLS = (
    *create.CALLS,
    *listing.CALLS,
    *read.CALLS,
    *outline.CALLS,
    *cancel.CALLS,
    *decide.CALLS,
    *decision_links.CALLS,
)
