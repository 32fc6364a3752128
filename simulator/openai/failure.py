"""Errors as the Chat Completions API answers them: `{"error": {message, type, param, code}}`.

Source: the provider's pages on error codes, and the error classes of the SDK.
"""

from simulator.http.failure import Failure
from simulator.http.frame import encoded
from simulator.markers.script import Script, headers_of

INVALID = "invalid_request_error"
TYPES: dict[int, tuple[str, str | None, str]] = {
    400: (INVALID, None, "The request is not valid."),
    401: (INVALID, "invalid_api_key", "Incorrect API key provided."),
    403: (
        "request_forbidden",
        "unsupported_country_region_territory",
        "Country, region, or territory not supported",
    ),
    404: (INVALID, "model_not_found", "The model does not exist or you do not have access to it."),
    405: (INVALID, "method_not_supported", "Not allowed"),
    413: (INVALID, "request_too_large", "Request too large: expected at most 32 MB."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
    503: (
        "server_error",
        "server_overloaded",
        "Overloaded: please try again later",
    ),
}
SERVER_ERROR = ("server_error", None, "The server had an error while processing your request.")
QUOTA = "insufficient_quota"
NO_MONEY = "You exceeded your current quota, please check your plan and billing details."
# What `error=` and `type=` may name in the words of the other API.
STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 429,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    QUOTA: 429,
    "api_error": 500,
    "server_error": 500,
    "overloaded_error": 503,
    "timeout_error": 504,
}


def refusal(status: int, message: str) -> Failure:
    """The usual error of a status."""
    kind, code, usual = TYPES.get(status, SERVER_ERROR)
    return Failure(status=status, type=kind, message=message or usual, code=code)


def invalid(message: str, param: str | None = None, code: str | None = None) -> Failure:
    """A request the API does not take."""
    return Failure(status=400, type=INVALID, message=message, param=param, code=code)


def failure_of(script: Script) -> Failure:
    """The error that `status=` or `error=` asks for."""
    named = script.type or script.error
    status = script.status or STATUSES.get(named or "", 500)
    usual = refusal(status, "")
    is_unpaid = QUOTA in (script.code, named) or named == "billing_error" or status == 402
    kind = named if named and named not in STATUSES else usual.type
    return Failure(
        status=status,
        type=QUOTA if is_unpaid else kind,
        message=script.message or (NO_MONEY if is_unpaid else usual.message),
        code=script.code or (QUOTA if is_unpaid else usual.code),
        param=script.param,
        headers=headers_of(script),
    )


def body(failure: Failure) -> bytes:
    """The failure as the API writes it."""
    error = {
        "message": failure.message,
        "type": failure.type,
        "param": failure.param,
        "code": failure.code,
    }
    return encoded({"error": error})
