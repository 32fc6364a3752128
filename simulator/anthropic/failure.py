"""Errors as the Messages API answers them: status, type, message, details, headers.

Source: https://docs.anthropic.com/en/api/errors, and the error types of the SDK.
"""

import json

from simulator.http.failure import Failure
from simulator.markers.script import Script, headers_of

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


def body(failure: Failure, request_id: str) -> bytes:
    """The failure as the API writes it."""
    error: dict[str, object] = {"type": failure.type, "message": failure.message}
    if failure.code is not None:
        error["details"] = {"error_code": failure.code}
    whole = {"type": "error", "error": error, "request_id": request_id}
    return json.dumps(whole, separators=(",", ":")).encode()


def refusal(status: int, message: str) -> Failure:
    """The usual error of a status."""
    kind = TYPES.get(status, "api_error")
    return Failure(status=status, type=kind, message=message or MESSAGES.get(kind, "Not allowed"))


def failure_of(script: Script) -> Failure:
    """The error that `status=` or `error=` asks for."""
    kind = script.type or script.error or TYPES.get(script.status or 0, "api_error")
    return Failure(
        status=script.status or STATUSES.get(kind, 500),
        type=kind,
        message=script.message or MESSAGES.get(kind, "Simulated error"),
        code=script.code,
        headers=headers_of(script),
    )
