"""Errors as the Messages API answers them: status, type, message, details, headers.

Source: https://docs.anthropic.com/en/api/errors, and the error types of the SDK.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

from simulator.script import Script

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
MESSAGES = {
    "authentication_error": "invalid x-api-key",
    "billing_error": "Your credit balance is too low to access the API.",
    "permission_error": "Your API key does not have permission to use the specified resource.",
    "not_found_error": "The requested resource could not be found.",
    "rate_limit_error": "This request would exceed your organization's rate limit.",
    "timeout_error": "The request timed out while processing.",
    "api_error": "Internal server error",
    "overloaded_error": "Overloaded",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """One error answer; `status` is not used when it is sent inside a stream."""

    status: int
    type: str
    message: str
    details: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, request_id: str) -> bytes:
        error: dict[str, object] = {"type": self.type, "message": self.message}
        if self.details is not None:
            error["details"] = self.details
        whole = {"type": "error", "error": error, "request_id": request_id}
        return json.dumps(whole, separators=(",", ":")).encode()

    def frame(self, request_id: str) -> bytes:
        return b"event: error\ndata: " + self.body(request_id) + b"\n\n"


class Refused(Exception):
    """A request is not answered, for the reason in `failure`."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def answer(failure: Failure, request_id: str) -> Response:
    """The failure as the answer to a request."""
    # Starlette writes headers in Latin-1, the marker's text is sent as UTF-8.
    headers = {name: value.encode().decode("latin-1") for name, value in failure.headers.items()}
    return Response(
        failure.body(request_id),
        failure.status,
        headers | {"request-id": request_id},
        media_type="application/json",
    )


def invalid(message: str) -> Failure:
    """A request the API does not understand."""
    return Failure(400, "invalid_request_error", message)


def failure_of(script: Script) -> Failure:
    """The error that `status=` or `error=` asks for."""
    kind = script.type or script.error or TYPES.get(script.status or 0, "api_error")
    headers = {
        "location": script.location,
        "retry-after": script.retry_after,
        "retry-after-ms": script.retry_after_ms,
        "x-should-retry": None if script.should_retry is None else str(script.should_retry).lower(),
    }
    return Failure(
        script.status or STATUSES.get(kind, 500),
        kind,
        script.message or MESSAGES.get(kind, "Simulated error"),
        {"error_code": script.code} if script.code else None,
        {name: str(value) for name, value in headers.items() if value is not None},
    )
