"""Every call of the api, room by room; those asked for most come first."""

from __future__ import annotations

from services.api import (
    admin,
    compat,
    definitions,
    exchange,
    jobs,
    keys,
    live,
    openid,
    pages,
    people,
    runs,
    service,
    tools,
    versions,
)
from services.api.description.calls import with_description

ROOMS = (
    *(
        jobs,
        runs,
        live,
        exchange,
        definitions,
        tools,
        versions,
        people,
        openid,
        keys,
        admin,
        compat,
        pages,
    ),
    service,
)
CALLS = with_description(tuple(call for room in ROOMS for call in room.CALLS))
