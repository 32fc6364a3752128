"""What a user reads of a run over HTTP, byte for byte, to be compared with what is read later."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

import httpx2

PARTS = (
    *("", "/output", "/usage", "/steps?limit=1000", "/events?limit=1000"),
    *("/steps/0", "/steps/0/output"),
)
JSON_OF = {"/events?limit=1000": "application/json"}
# A link is made anew for each who asks: with another ticket, and where the api is now.
_LINK = re.compile(rb'(?<="events_url":")[^"]*')


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


def require_told(before: Mapping[str, bytes], now: Mapping[str, bytes]) -> None:
    """All that an earlier version told is told now: texts byte for byte, JSON with more at most."""
    assert before.keys() == now.keys()
    for call, body in before.items():
        if call.endswith("/output") or not body.startswith(b"200 "):
            assert now[call] == body, call
        else:
            _require_within(_json(body), _json(now[call]), call)


def _json(body: bytes) -> object:
    found: object = json.loads(body.partition(b" ")[2])
    return found


def _require_within(before: object, now: object, where: str) -> None:
    if isinstance(before, dict) and isinstance(now, dict):
        for key, value in before.items():
            assert key in now, f"{where}.{key}"
            _require_within(value, now[key], f"{where}.{key}")
    elif isinstance(before, list) and isinstance(now, list):
        assert len(before) == len(now), where
        for number, (one, other) in enumerate(zip(before, now, strict=True)):
            _require_within(one, other, f"{where}[{number}]")
    else:
        assert now == before, where
