"""Every way a call of Chat Completions can break, as a cause.

    answered with an error status      by the body's code or type, else by the status
    error in the stream                by its code, type or number; the HTTP status is 200 then
    no more credit, an input too long  final, whatever status or header says otherwise
    what the connection does           as for every provider

An error is `{"error": {"message", "type", "param", "code"}}`; servers that are compatible leave out
parts of it, have a number as the code, or a text in its place.
Source: OpenAI API reference, error codes; vLLM, Ollama, OpenRouter and Azure.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import openai

from services.agent_worker.providers import causes
from services.agent_worker.providers.border import is_object
from services.agent_worker.providers.causes import Kind, of_status, refused
from services.agent_worker.providers.openai.allowance import exhausted_seconds
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

CODES: Mapping[str, Kind] = {
    "insufficient_quota": causes.BILLING,
    "billing_hard_limit_reached": causes.SPEND_LIMIT,
    "context_length_exceeded": causes.CONTEXT_OVERFLOW,
    "string_above_max_length": causes.REQUEST_TOO_LARGE,
    "content_filter": causes.REFUSAL,
    "content_policy_violation": causes.REFUSAL,
    "model_not_found": causes.MODEL_NOT_FOUND,
    "DeploymentNotFound": causes.MODEL_NOT_FOUND,
    "invalid_api_key": causes.AUTHENTICATION,
    "rate_limit_exceeded": causes.RATE_LIMIT,
    "server_overloaded": causes.OVERLOAD,
    "overloaded": causes.OVERLOAD,
    "overloaded_error": causes.OVERLOAD,
    "engine_overloaded": causes.OVERLOAD,
    "server_error": causes.PROVIDER_ERROR,
    "timeout": causes.PROVIDER_TIMEOUT,
}
"""By `code` or `type`, where these say more than the status."""
# Several servers have no code of its own for it: the words are what tells it from bad requests.
_OVERFLOW = re.compile(
    r"maximum (context|model) length|context (length|window) (is |of )?(exceeded|limit)"
    r"|exceeds? the (available )?context",
    re.IGNORECASE,
)
_OVERLOADED = 503
MODEL_ERRORS: tuple[type[Exception], ...] = (*TRANSPORT_ERRORS, openai.OpenAIError)


class _Said(NamedTuple):
    """What an error says, as far as it can be read; `status` is a number it has as its code."""

    codes: tuple[str, ...]
    message: str
    status: int | None


def classify(error: BaseException, *, attempt: int, setting: str) -> Cause:
    """Why attempt number `attempt` failed; `error` is one of MODEL_ERRORS.

    `setting` is where the provider's address stands.
    """
    match error:
        case ErrorEvent():
            said = _said(error.body)
            return _refused(said, said.status or 500, {})
        case openai.APIStatusError():
            if 300 <= error.status_code < 400:
                return redirected(error.response, setting)
            return _refused(_said(error.body), error.status_code, error.response.headers)
        case openai.APITimeoutError():
            return no_connection_in_time()
        case openai.APIConnectionError():
            return no_connection(error)
        case openai.APIError():
            return no_stream(attempt)
    return transport_cause(error, attempt=attempt)


def _refused(said: _Said, status: int, headers: Mapping[str, str]) -> Cause:
    # The body of an error that is not the provider's own (a proxy's page) is no text for people.
    words = said.message or f"it answered with status {status}"
    exhausted = exhausted_seconds(headers)
    return refused(_kind(said, status), words, headers, exhausted, datetime.now(UTC))


def _kind(said: _Said, status: int) -> Kind:
    by_code = next((CODES[code] for code in said.codes if code in CODES), None)
    if by_code is not None:
        return by_code
    if status in (400, 413, 422) and _OVERFLOW.search(said.message):
        return causes.CONTEXT_OVERFLOW
    return causes.OVERLOAD if status == _OVERLOADED else of_status(status)


def _said(body: object) -> _Said:
    """An error by itself, or within `error`; a text is all of its message."""
    error = body.get("error", body) if is_object(body) else body
    if isinstance(error, str):
        return _Said((), error if is_object(body) else "", None)
    if not is_object(error):
        return _Said((), "", None)
    code, message = error.get("code"), error.get("message")
    is_status = isinstance(code, int) and not isinstance(code, bool) and 400 <= code < 600
    return _Said(
        tuple(each for each in (code, error.get("type")) if isinstance(each, str)),
        message if isinstance(message, str) else "",
        code if is_status and isinstance(code, int) else None,
    )
