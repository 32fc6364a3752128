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
