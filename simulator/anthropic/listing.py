"""`GET /v1/models`: which models there are, for whoever asks whether a key is good.

Source: the provider's API reference, "List Models".
"""

from __future__ import annotations

import json

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from simulator.anthropic.ability import MODELS
from simulator.anthropic.failure import refusal
from simulator.http.failure import Refused
from simulator.http.wire import REFUSED, key_of

_NO_KEY = refusal(401, "x-api-key header is required")
_BAD_KEY = refusal(401, "")


async def models(request: Request) -> Response:
    """All models, in one page. Raises: Refused."""
    admit(request.headers)
    listed = [{"type": "model", "id": name, "display_name": name} for name in MODELS]
    page = {"data": listed, "has_more": False, "first_id": None, "last_id": None}
    return Response(json.dumps(page), media_type="application/json")


def admit(headers: Headers) -> None:
    """Raises: Refused, for a call without a key, or by one that is refused."""
    key = key_of(headers)
    if key is None:
        raise Refused(_NO_KEY)
    if REFUSED in key:
        raise Refused(_BAD_KEY)
