"""What the service says of itself."""

from __future__ import annotations

from services.api.api import Api
from services.api.http.answers import Answer, Reply, json_answer
from services.api.http.requests import Request
from shared.runtime import metrics


async def health(api: Api, request: Request) -> Reply:
    return json_answer(200, {"status": "alive"})


async def readiness(api: Api, request: Request) -> Reply:
    ready = api.health.is_ready
    body = {"status": "ready" if ready else "unready", "reasons": api.health.reasons}
    return json_answer(200 if ready else 503, body)


async def exposition(api: Api, request: Request) -> Reply:
    kind = metrics.CONTENT_TYPE.encode()
    return Answer(200, metrics.exposition(), [(b"content-type", kind)])


async def who_am_i(api: Api, request: Request) -> Reply:
    identity = api.tokens.identify(request)
    return json_answer(200, identity)
