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

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import anthropic

from services.agent_worker.providers import causes
from services.agent_worker.providers.anthropic.allowance import exhausted_seconds
from services.agent_worker.providers.border import is_object
from services.agent_worker.providers.causes import Kind, of_status, refused
from services.agent_worker.providers.transport import (
    TRANSPORT_ERRORS,
    ErrorEvent,
    no_connection,
    no_connection_in_time,
    no_stream,
    redirected,
    transport_cause,
)
from shared.run.content import Cause

TYPES: Mapping[str, Kind] = {
    "overloaded_error": causes.OVERLOAD,
    "rate_limit_error": causes.RATE_LIMIT,
    "api_error": causes.PROVIDER_ERROR,
    "timeout_error": causes.PROVIDER_TIMEOUT,
    "conflict_error": causes.CONFLICT,
    "invalid_request_error": causes.INVALID_REQUEST,
    "authentication_error": causes.AUTHENTICATION,
    "permission_error": causes.PERMISSION,
    "billing_error": causes.BILLING,
    "not_found_error": causes.MODEL_NOT_FOUND,
    "request_too_large": causes.REQUEST_TOO_LARGE,
}
# The provider has no type of its own for it: the words are what tells it from other bad requests.
_OVERFLOW = re.compile(
    r"prompt is too long|exceeds? (the )?(model's )?context (limit|window)", re.IGNORECASE
)
MODEL_ERRORS: tuple[type[Exception], ...] = (*TRANSPORT_ERRORS, anthropic.AnthropicError)


class _Said(NamedTuple):
    """What the body of an error says, as far as it can be read."""

    type: str
    message: str
    code: str


def classify(error: BaseException, *, attempt: int, now: datetime | None = None) -> Cause:
    """Why attempt number `attempt` failed; `error` is one of MODEL_ERRORS."""
    match error:
        case ErrorEvent():
            return _refused(_said(error.body), 200, {}, now)
        case anthropic.APIStatusError():
            if 300 <= error.status_code < 400:
                return redirected(error.response, "ANTHROPIC_BASE_URL")
            return _refused(_said(error.body), error.status_code, error.response.headers, now)
        case anthropic.APITimeoutError():
            return no_connection_in_time()
        case anthropic.APIConnectionError():
            return no_connection(error)
        case anthropic.APIError():
            return no_stream(attempt)
    return transport_cause(error, attempt=attempt)


def _refused(said: _Said, status: int, headers: Mapping[str, str], now: datetime | None) -> Cause:
    now = now or datetime.now(UTC)
    # The body of an error that is not the provider's own (a proxy's page) is no text for people.
    words = said.message or f"it answered with status {status}"
    return refused(_kind(said, status), words, headers, exhausted_seconds(headers, now), now)


def _kind(said: _Said, status: int) -> Kind:
    if said.code.endswith("spend_limit_reached"):
        return causes.SPEND_LIMIT
    if said.type == "invalid_request_error" and _OVERFLOW.search(said.message):
        return causes.CONTEXT_OVERFLOW
    by_type = TYPES.get(said.type)
    if status < 400:
        return by_type or causes.PROVIDER_ERROR
    by_status = causes.STATUSES.get(status)
    if by_type is not None and by_type.retryable == (by_status or by_type).retryable:
        return by_type
    return by_status or of_status(status)


def _said(body: object) -> _Said:
    error = body.get("error") if is_object(body) else None
    if not is_object(error):
        return _Said("", "", "")
    details = error.get("details")
    code = details.get("error_code") if is_object(details) else None
    texts = (error.get("type"), error.get("message"), code)
    return _Said(*(each if isinstance(each, str) else "" for each in texts))
