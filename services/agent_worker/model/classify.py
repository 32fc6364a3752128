"""Every way a model call can break, as a cause: the one table.

    answered with an error status      by what the body says, else by the status
    error event inside the stream      by its type; the HTTP status is 200 then
    connection not made, or cut        retryable
    not the protocol                   retryable; a body that is no stream at all, once
    spend limits, billing,             final, whatever status or header says otherwise
    an input too long for the model

`x-should-retry` is obeyed where it is sent, `retry-after-ms` and `retry-after` likewise.
Source: Anthropic API reference, errors; the headers are read as its SDK reads them.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import anthropic
import httpx2

from services.agent_worker.interrupt import Reason
from shared.run.content import Cause

MODEL_ERRORS = (
    anthropic.AnthropicError,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpx2.StreamError,
    json.JSONDecodeError,
    UnicodeDecodeError,
    AssertionError,
)
LONGEST_MESSAGE = 1000


class Kind(NamedTuple):
    """A code, and whether the same call may succeed later."""

    code: str
    retryable: bool


TYPES: Mapping[str, Kind] = {
    "overloaded_error": Kind("overloaded", True),
    "rate_limit_error": Kind("rate_limited", True),
    "api_error": Kind("provider_error", True),
    "timeout_error": Kind("provider_timeout", True),
    "conflict_error": Kind("conflict", True),
    "invalid_request_error": Kind("invalid_request", False),
    "authentication_error": Kind("authentication", False),
    "permission_error": Kind("permission", False),
    "billing_error": Kind("billing", False),
    "not_found_error": Kind("model_not_found", False),
    "request_too_large": Kind("request_too_large", False),
}
STATUSES: Mapping[int, Kind] = {
    400: TYPES["invalid_request_error"],
    401: TYPES["authentication_error"],
    402: TYPES["billing_error"],
    403: TYPES["permission_error"],
    404: TYPES["not_found_error"],
    408: TYPES["timeout_error"],
    409: TYPES["conflict_error"],
    413: TYPES["request_too_large"],
    422: TYPES["invalid_request_error"],
    429: TYPES["rate_limit_error"],
    499: TYPES["timeout_error"],
    504: TYPES["timeout_error"],
    529: TYPES["overloaded_error"],
}
PROVIDER_ERROR = TYPES["api_error"]
SPEND_LIMIT = Kind("spend_limit", False)
REFUSED_REQUEST = Kind("invalid_request", False)
# The provider has no type of its own for it: the words are what tells it from other bad requests.
CONTEXT_OVERFLOW = Kind("context_overflow", False)
_OVERFLOW = re.compile(
    r"prompt is too long|exceeds? (the )?(model's )?context (limit|window)", re.IGNORECASE
)
_FINAL = frozenset({SPEND_LIMIT.code, TYPES["billing_error"].code, CONTEXT_OVERFLOW.code})

INTERRUPTIONS: Mapping[Reason, tuple[str, str]] = {
    "step_timeout": ("step_timeout", "the step took longer than its timeout_seconds allows"),
    "first_token": ("first_token_timeout", "the model did not begin to answer in time"),
    "idle": ("idle_timeout", "the model fell silent in the middle of its answer"),
}


def classify(error: BaseException, *, attempt: int, now: datetime | None = None) -> Cause:
    """Why attempt number `attempt` failed; `error` is one of MODEL_ERRORS."""
    match error:
        case anthropic.APIStatusError():
            return _answered(error, now or datetime.now(UTC))
        case anthropic.APITimeoutError() | httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            return _cause(Kind("connection_failed", True), "no connection to the model in time")
        case anthropic.APIConnectionError():
            return _cause(
                Kind("connection_failed", True), f"no connection to the model{_why(error)}"
            )
        case httpx2.InvalidURL() | httpx2.UnsupportedProtocol() | httpx2.LocalProtocolError():
            return _cause(
                Kind("misconfigured", False), f"the model's address is not valid: {error}"
            )
        case httpx2.DecodingError() | json.JSONDecodeError() | UnicodeDecodeError():
            return _cause(
                Kind("bad_stream", True), f"the model's answer could not be read: {error}"
            )
        case httpx2.HTTPError() | httpx2.StreamError():
            lost = f"the connection to the model was lost: {error or type(error).__name__}"
            return _cause(Kind("connection_lost", True), lost)
        case AssertionError() | anthropic.APIError():
            unexpected = "expected a stream of events from the model, found something else"
            return _cause(Kind("bad_response", attempt < 2), unexpected)
    return _cause(Kind("misconfigured", False), f"the model cannot be called: {error}")


def interrupted(reason: Reason, seconds: float) -> Cause:
    """Why an execution that ran into a time limit of `seconds` failed."""
    code, message = INTERRUPTIONS[reason]
    return Cause(code=code, message=f"{message} ({seconds:g} s)", retryable=True)


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long the provider asks to wait, if it does, by the header it thinks most of."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return max(0.0, milliseconds / 1000)
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _number(value)
    if seconds is None:
        seconds = _seconds_until(value, now)
    return None if seconds is None else max(0.0, seconds)


def _answered(error: anthropic.APIStatusError, now: datetime) -> Cause:
    headers = error.response.headers
    kind = _kind(error)
    asked = headers.get("x-should-retry")
    if asked in ("true", "false") and kind.code not in _FINAL:
        kind = Kind(kind.code, asked == "true")
    after = retry_after_seconds(headers, now) if kind.retryable else None
    # The body of an error that is not the provider's own (a proxy's page) is no text for people.
    said = error.api_message or f"it answered with status {error.status_code}"
    return _cause(kind, f"the model provider refused: {said}", after)


def _kind(error: anthropic.APIStatusError) -> Kind:
    if (error.error_code or "").endswith("spend_limit_reached"):
        return SPEND_LIMIT
    if error.type == "invalid_request_error" and _OVERFLOW.search(error.api_message or ""):
        return CONTEXT_OVERFLOW
    by_type = TYPES.get(error.type or "")
    if error.status_code < 400:
        return by_type or PROVIDER_ERROR
    by_status = STATUSES.get(error.status_code)
    if by_type is not None and by_type.retryable == (by_status or by_type).retryable:
        return by_type
    return by_status or (PROVIDER_ERROR if error.status_code >= 500 else REFUSED_REQUEST)


def _cause(kind: Kind, message: str, after: float | None = None) -> Cause:
    return Cause(
        code=kind.code,
        message=message[:LONGEST_MESSAGE],
        retryable=kind.retryable,
        retry_after_seconds=after,
    )


def _why(error: BaseException) -> str:
    return f": {error.__cause__}" if error.__cause__ and str(error.__cause__) else ""


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else None
    except ValueError:
        return None
    return number if number is None or 0 <= number < float("inf") else None


def _seconds_until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()
