"""Every call of the api, room by room; those asked for most come first."""

from __future__ import annotations

from services.api import admin, compat, definitions, live, pages, runs, service
from services.api.description.calls import with_description

ROOMS = (runs, live, definitions, admin, compat, pages, service)
CALLS = with_description(tuple(call for room in ROOMS for call in room.CALLS))
