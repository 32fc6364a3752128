"""Runs: created, read, listed, outlined, cancelled, deleted, forked, decided, also by a link."""

from services.api.runs import (
    batch,
    cancel,
    create,
    decide,
    decision_links,
    delete,
    drawing,
    fork,
    listing,
    outline,
    read,
    usage_report,
)

CALLS = (
    *create.CALLS,
    *batch.CALLS,
    *listing.CALLS,
    *read.CALLS,
    *outline.CALLS,
    *drawing.CALLS,
    *cancel.CALLS,
    *delete.CALLS,
    *decide.CALLS,
    *decision_links.CALLS,
    *fork.CALLS,
    *usage_report.CALLS,
)
