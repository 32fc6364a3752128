"""What an answer's headers say is used up, and for how long.

Four allowances have three headers each, `anthropic-ratelimit-{allowance}-limit`, `-remaining` and
`-reset`: requests, tokens, input-tokens, output-tokens. `reset` is when all of it is there again,
RFC 3339. They are refilled within a minute, so a time far ahead is believed for a few minutes only.
Source: Anthropic API reference, rate limits, response headers.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

ALLOWANCES = ("requests", "tokens", "input-tokens", "output-tokens")
LONGEST_RESET_SECONDS = 300.0
_LONGEST = 40


def exhausted_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long until what is used up is there again; None if nothing is known to be."""
    found = [_seconds(headers, allowance, now) for allowance in ALLOWANCES]
    return max((each for each in found if each is not None), default=None)


def _seconds(headers: Mapping[str, str], allowance: str, now: datetime) -> float | None:
    remaining, reset = (
        headers.get(f"anthropic-ratelimit-{allowance}-{word}", "").strip()
        for word in ("remaining", "reset")
    )
    if remaining != "0" or not 0 < len(reset) <= _LONGEST:
        return None
    try:
        moment = datetime.fromisoformat(reset)
        seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(seconds, LONGEST_RESET_SECONDS) if seconds > 0 else None
