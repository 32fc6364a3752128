"""Every way a model call can break, as a cause: the one table.

    answered with an error status      by what the body says, else by the status
    error event inside the stream      by its type; the HTTP status is 200 then
    told to ask elsewhere              final: where to ask is the operator's word
    connection not made, or cut        retryable
    not the protocol                   retryable; a body that is no stream at all, once
    spend limits, billing,             final, whatever status or header says otherwise
    an input too long for the model

`x-should-retry` is obeyed where it is sent, `retry-after-ms` and `retry-after` likewise. Bodies
and headers may hold anything: what is not of its type counts as not said.
Source: Anthropic API reference, errors; the headers are read as its SDK reads them.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import anthropic
import httpx2

from services.agent_worker.providers.anthropic.allowance import exhausted_seconds
from services.agent_worker.providers.border import is_object
from services.agent_worker.providers.causes import (
    OVERLOADED,
    RATE_LIMITED,
    Kind,
    cause,
    retry_after_seconds,
)
from shared.errors import AttemptFailed
from shared.run.content import Cause

TYPES: Mapping[str, Kind] = {
    "overloaded_error": Kind(OVERLOADED, True),
    "rate_limit_error": Kind(RATE_LIMITED, True),
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
REDIRECTED = Kind("redirected", False)
# The provider has no type of its own for it: the words are what tells it from other bad requests.
CONTEXT_OVERFLOW = Kind("context_overflow", False)
_OVERFLOW = re.compile(
    r"prompt is too long|exceeds? (the )?(model's )?context (limit|window)", re.IGNORECASE
)
_FINAL = frozenset({SPEND_LIMIT.code, TYPES["billing_error"].code, CONTEXT_OVERFLOW.code})


class NoStream(Exception):
    """A whole response came, and no message in it."""


class ErrorEvent(Exception):
    """The provider broke its answer off, and says why."""

    def __init__(self, body: object) -> None:
        super().__init__("an error event came")
        self.body = body


MODEL_ERRORS: tuple[type[Exception], ...] = (
    AttemptFailed,
    NoStream,
    ErrorEvent,
    anthropic.AnthropicError,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpx2.StreamError,
    json.JSONDecodeError,
    UnicodeDecodeError,
    AssertionError,
)


class _Said(NamedTuple):
    """What the body of an error says, as far as it can be read."""

    type: str
    message: str
    code: str


def classify(error: BaseException, *, attempt: int, now: datetime | None = None) -> Cause:
    """Why attempt number `attempt` failed; `error` is one of MODEL_ERRORS."""
    match error:
        case AttemptFailed():
            return cause(Kind(error.code, error.retry), str(error), error.retry_after_seconds)
        case ErrorEvent():
            return _refused(_said(error.body), 200, {}, now)
        case anthropic.APIStatusError():
            if 300 <= error.status_code < 400:
                return _redirected(error.response)
            return _refused(_said(error.body), error.status_code, error.response.headers, now)
        case anthropic.APITimeoutError() | httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            return cause(Kind("connection_failed", True), "no connection to the model in time")
        case anthropic.APIConnectionError():
            return cause(
                Kind("connection_failed", True), f"no connection to the model{_why(error)}"
            )
        case httpx2.InvalidURL() | httpx2.UnsupportedProtocol() | httpx2.LocalProtocolError():
            return cause(Kind("misconfigured", False), f"the model's address is not valid: {error}")
        case httpx2.DecodingError() | json.JSONDecodeError() | UnicodeDecodeError():
            return cause(Kind("bad_stream", True), f"the model's answer could not be read: {error}")
        case httpx2.HTTPError() | httpx2.StreamError():
            lost = f"the connection to the model was lost: {error or type(error).__name__}"
            return cause(Kind("connection_lost", True), lost)
        case NoStream() | AssertionError() | anthropic.APIError():
            unexpected = "expected a stream of events from the model, found something else"
            return cause(Kind("bad_response", attempt < 2), unexpected)
    return cause(Kind("misconfigured", False), f"the model cannot be called: {error}")


def _refused(said: _Said, status: int, headers: Mapping[str, str], now: datetime | None) -> Cause:
    kind = _kind(said, status)
    asked = headers.get("x-should-retry")
    if asked in ("true", "false") and kind.code not in _FINAL:
        kind = Kind(kind.code, asked == "true")
    after = _after(kind, headers, now or datetime.now(UTC)) if kind.retryable else None
    # The body of an error that is not the provider's own (a proxy's page) is no text for people.
    words = said.message or f"it answered with status {status}"
    return cause(kind, f"the model provider refused: {words}", after)


def _after(kind: Kind, headers: Mapping[str, str], now: datetime) -> float | None:
    after = retry_after_seconds(headers, now)
    if after is None and kind.code == RATE_LIMITED:
        return exhausted_seconds(headers, now)
    return after


def _redirected(response: httpx2.Response) -> Cause:
    # Where to is told without its query, which may hold what is nobody's business.
    where = response.headers.get("location", "").partition("?")[0]
    elsewhere = f" to {where}" if where else ""
    return cause(
        REDIRECTED,
        f"the model's address sends requests elsewhere ({response.status_code}{elsewhere}): "
        "set ANTHROPIC_BASE_URL to where the provider is",
    )


def _kind(said: _Said, status: int) -> Kind:
    if said.code.endswith("spend_limit_reached"):
        return SPEND_LIMIT
    if said.type == "invalid_request_error" and _OVERFLOW.search(said.message):
        return CONTEXT_OVERFLOW
    by_type = TYPES.get(said.type)
    if status < 400:
        return by_type or PROVIDER_ERROR
    by_status = STATUSES.get(status)
    if by_type is not None and by_type.retryable == (by_status or by_type).retryable:
        return by_type
    return by_status or (PROVIDER_ERROR if status >= 500 else REFUSED_REQUEST)


def _said(body: object) -> _Said:
    error = body.get("error") if is_object(body) else None
    if not is_object(error):
        return _Said("", "", "")
    details = error.get("details")
    code = details.get("error_code") if is_object(details) else None
    texts = (error.get("type"), error.get("message"), code)
    return _Said(*(each if isinstance(each, str) else "" for each in texts))


def _why(error: BaseException) -> str:
    return f": {error.__cause__}" if error.__cause__ and str(error.__cause__) else ""
