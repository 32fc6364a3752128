"""What breaks a call of a model, by code: common to all providers.

A time limit of ours, what a status says, how long a provider asks to wait.
Source: RFC 9110, 10.2.3 "Retry-After"; `retry-after-ms` is read as the providers' clients read it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from services.agent_worker.interrupt import Reason
from services.agent_worker.providers.border import LONGEST_REASON, short
from shared.flow.work import LONGEST_SECONDS
from shared.run.content import Cause

RATE_LIMITED, OVERLOADED = "rate_limited", "overloaded"
"""Codes of answers that refuse whatever is asked, for a while."""


class Kind(NamedTuple):
    """A code, and whether the same call may succeed later."""

    code: str
    retryable: bool


OVERLOAD = Kind(OVERLOADED, True)
RATE_LIMIT = Kind(RATE_LIMITED, True)
PROVIDER_ERROR = Kind("provider_error", True)
PROVIDER_TIMEOUT = Kind("provider_timeout", True)
CONFLICT = Kind("conflict", True)
INVALID_REQUEST = Kind("invalid_request", False)
AUTHENTICATION = Kind("authentication", False)
PERMISSION = Kind("permission", False)
BILLING = Kind("billing", False)
SPEND_LIMIT = Kind("spend_limit", False)
MODEL_NOT_FOUND = Kind("model_not_found", False)
REQUEST_TOO_LARGE = Kind("request_too_large", False)
CONTEXT_OVERFLOW = Kind("context_overflow", False)
REFUSAL = Kind("refusal", False)
STATUSES: Mapping[int, Kind] = {
    400: INVALID_REQUEST,
    401: AUTHENTICATION,
    402: BILLING,
    403: PERMISSION,
    404: MODEL_NOT_FOUND,
    408: PROVIDER_TIMEOUT,
    409: CONFLICT,
    413: REQUEST_TOO_LARGE,
    422: INVALID_REQUEST,
    429: RATE_LIMIT,
    499: PROVIDER_TIMEOUT,
    504: PROVIDER_TIMEOUT,
    529: OVERLOAD,
}
FINAL = frozenset({SPEND_LIMIT.code, BILLING.code, CONTEXT_OVERFLOW.code, REFUSAL.code})
"""Codes that no header makes worth another try."""

INTERRUPTIONS: Mapping[Reason, tuple[str, str]] = {
    "step_timeout": ("step_timeout", "the step took longer than its timeout_seconds allows"),
    "first_token": ("first_token_timeout", "the model did not begin to answer in time"),
    "idle": ("idle_timeout", "the model fell silent in the middle of its answer"),
    "quiet": ("quiet_timeout", "the model gave signs of life and said nothing for too long"),
}


def interrupted(reason: Reason, seconds: float) -> Cause:
    """Why an execution that ran into a time limit of `seconds` failed."""
    code, message = INTERRUPTIONS[reason]
    return Cause(code=code, message=f"{message} ({seconds:g} s)", retryable=True)


def cause(kind: Kind, message: str, after: float | None = None) -> Cause:
    """The cause of this kind; its message is fit for a fact, whoever wrote it."""
    return Cause(
        code=kind.code,
        message=short(message, LONGEST_REASON),
        retryable=kind.retryable,
        retry_after_seconds=after,
    )


def of_status(status: int) -> Kind:
    """What an answer of this status means, where its body says no more."""
    known = STATUSES.get(status)
    return known or (PROVIDER_ERROR if status >= 500 else INVALID_REQUEST)


def as_asked(kind: Kind, headers: Mapping[str, str]) -> Kind:
    """The kind as the provider's header has it, which says whether another try makes sense."""
    asked = headers.get("x-should-retry")
    if asked in ("true", "false") and kind.code not in FINAL:
        return Kind(kind.code, asked == "true")
    return kind


def refused(
    kind: Kind, words: str, headers: Mapping[str, str], exhausted: float | None, now: datetime
) -> Cause:
    """Why an answer refuses, in the provider's `words`.

    `exhausted` is how long until what is used up is there again, in seconds, if its headers say so:
    a limit that names no time of its own ends then.
    """
    kind, after = as_asked(kind, headers), None
    if kind.retryable:
        after = retry_after_seconds(headers, now)
        if after is None and kind.code == RATE_LIMITED:
            after = exhausted
    return cause(kind, f"the model provider refused: {words}", after)


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long the provider asks to wait, if it does, by the header it thinks most of."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return _bounded(milliseconds / 1000)
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _number(value)
    if seconds is None:
        seconds = _seconds_until(value, now)
    return None if seconds is None else _bounded(seconds)


def _bounded(seconds: float) -> float:
    return min(max(0.0, seconds), float(LONGEST_SECONDS))


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else None
    except ValueError:
        return None
    return number if number is None or 0 <= number < float("inf") else None


def _seconds_until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - (
            now.timestamp()
        )
    except (ValueError, TypeError, OverflowError):
        return None
