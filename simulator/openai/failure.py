"""Errors as Chat Completions answers them: `{"error": {message, type, param, code}}`.

Source: OpenAI API reference, error codes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from starlette.responses import Response

from simulator.failure import Failure


class Named(NamedTuple):
    """How this API calls an error of the other: its status, type and code."""

    status: int
    type: str
    code: str | None


NAMES: Mapping[str, Named] = {
    "invalid_request_error": Named(400, "invalid_request_error", None),
    "authentication_error": Named(401, "invalid_request_error", "invalid_api_key"),
    "billing_error": Named(429, "insufficient_quota", "insufficient_quota"),
    "permission_error": Named(403, "invalid_request_error", None),
    "not_found_error": Named(404, "invalid_request_error", "model_not_found"),
    "request_too_large": Named(413, "invalid_request_error", None),
    "rate_limit_error": Named(429, "requests", "rate_limit_exceeded"),
    "timeout_error": Named(504, "server_error", "timeout"),
    "overloaded_error": Named(503, "server_error", "server_overloaded"),
    "api_error": Named(500, "server_error", None),
}


def body_of(failure: Failure) -> bytes:
    """The body of an error; a marker's own `code=` takes the place of the usual one."""
    named = NAMES.get(failure.type)
    code = (failure.details or {}).get("error_code", named.code if named else None)
    error = {
        "message": failure.message,
        "type": named.type if named else failure.type,
        "param": None,
        "code": code,
    }
    return json.dumps({"error": error}, separators=(",", ":")).encode()


def frame_of(failure: Failure) -> bytes:
    """An error in the middle of a stream."""
    return b"data: " + body_of(failure) + b"\n\n"


def answer(failure: Failure, request_id: str, *, is_asked_for: bool) -> Response:
    """The failure as the answer to a request; a status that a marker `is_asked_for` stays."""
    named = NAMES.get(failure.type)
    status = failure.status if is_asked_for or named is None else named.status
    headers = {name: value.encode().decode("latin-1") for name, value in failure.headers.items()}
    return Response(
        body_of(failure),
        status,
        headers | {"x-request-id": request_id},
        media_type="application/json",
    )
