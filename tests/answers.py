"""What a user reads of a run over HTTP, byte for byte, to be compared with what is read later."""

from __future__ import annotations

import re
from collections.abc import Iterable

import httpx2

PARTS = (
    *("", "/output", "/usage", "/steps?limit=1000", "/events?limit=1000"),
    *("/steps/0", "/steps/0/output"),
)
JSON_OF = {"/events?limit=1000": "application/json"}
# A link is made anew for each who asks: with another ticket, and where the api is now.
_LINK = re.compile(rb'"events_url":"[^"]*"')


async def answers(http: httpx2.AsyncClient, runs: Iterable[str]) -> dict[str, bytes]:
    """Status and body of each call about each run; `http` has the API as its base."""
    found = {}
    for run in runs:
        for part in PARTS:
            headers = {"Accept": JSON_OF.get(part, "*/*")}
            answer = await http.get(f"runs/{run}{part}", headers=headers)
            body = _LINK.sub(b"", answer.content)
            found[f"{run}{part}"] = str(answer.status_code).encode() + b" " + body
    return found
