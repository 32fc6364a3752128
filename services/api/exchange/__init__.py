"""Pipelines taken elsewhere: exported and imported as one document, or duplicated here."""

from services.api.exchange import duplicates, exports, imports

CALLS = (*imports.CALLS, *exports.CALLS, *duplicates.CALLS)
