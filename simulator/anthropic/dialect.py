"""The Messages API as a dialect: `POST /v1/messages`."""

import json
from datetime import UTC, datetime
from math import ceil

from starlette.datastructures import Headers

from simulator.anthropic import ability, binding, failure
from simulator.anthropic.cache import PromptCache
from simulator.anthropic.listing import admit
from simulator.anthropic.plan import plan_of
from simulator.http.dialect import Allowance, Call
from simulator.http.endpoint import MOST_BODY_BYTES
from simulator.http.failure import Failure, Refused
from simulator.http.plan import Plan
from simulator.markers.script import Script
from simulator.speech.request import MessagesRequest, request_of
from simulator.speech.usage import Cached

TOO_LARGE = Failure(
    status=413, type="request_too_large", message="Request exceeds the maximum size of 32 MB."
)
NO_VERSION = failure.refusal(400, "anthropic-version: header is required")


class Anthropic:
    """One simulator's Messages API, with its prompt cache."""

    name = "anthropic"
    id_header = "request-id"

    def __init__(self, cache: PromptCache) -> None:
        self._cache = cache

    def admit(self, headers: Headers, size_bytes: int) -> None:
        admit(headers)
        if size_bytes > MOST_BODY_BYTES:
            raise Refused(TOO_LARGE)
        if not headers.get("anthropic-version"):
            raise Refused(NO_VERSION)

    def request_of(self, body: bytes) -> MessagesRequest:
        request = request_of(body)
        ability.check(request)
        binding.check(request)
        return request

    def cached(self, request: MessagesRequest) -> Cached:
        return self._cache.use(request)

    def message(self, call: Call) -> bytes:
        whole = call.answer.message(_identity(call), call.request.model)
        return json.dumps(whole, separators=(",", ":")).encode()

    def plan(self, call: Call) -> Plan:
        return plan_of(call, _identity(call))

    def failure_of(self, script: Script) -> Failure:
        return failure.failure_of(script)

    def refusal(self, status: int, message: str) -> Failure:
        return failure.refusal(status, message)

    def body(self, failed: Failure, request_id: str) -> bytes:
        return failure.body(failed, request_id)

    def limits(self, allowance: Allowance) -> dict[str, str]:
        """Source: https://docs.anthropic.com/en/api/rate-limits, response headers."""
        headers = {
            "anthropic-ratelimit-requests-limit": str(allowance.limit),
            "anthropic-ratelimit-requests-remaining": str(max(0, allowance.left)),
            "anthropic-ratelimit-requests-reset": datetime.fromtimestamp(
                allowance.ends, UTC
            ).isoformat(),
        }
        if allowance.left < 0:
            headers["retry-after"] = str(ceil(allowance.ends - allowance.now))
        return headers


def _identity(call: Call) -> str:
    return f"msg_{call.request_id[4:]}"
