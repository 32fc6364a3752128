"""What an answer's headers say is used up, and for how long.

Two allowances have three headers each, `x-ratelimit-limit-{allowance}`, `-remaining-` and
`-reset-`: requests and tokens. `reset` is how long until all of it is there again, as `1s`, `6m0s`
or `20ms`. Source: OpenAI API, rate limits, headers.
"""

import re
from collections.abc import Mapping

ALLOWANCES = ("requests", "tokens")
LONGEST_RESET_SECONDS = 300.0
_PARTS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|us|µs|ns|h|m|s)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_LONGEST = 40


def exhausted_seconds(headers: Mapping[str, str]) -> float | None:
    """How long until what is used up is there again; None if nothing is known to be."""
    found = [_seconds(headers, allowance) for allowance in ALLOWANCES]
    return max((each for each in found if each is not None), default=None)


def _seconds(headers: Mapping[str, str], allowance: str) -> float | None:
    remaining, reset = (
        headers.get(f"x-ratelimit-{word}-{allowance}", "").strip()
        for word in ("remaining", "reset")
    )
    if remaining != "0" or not 0 < len(reset) <= _LONGEST:
        return None
    parts = _PARTS.findall(reset)
    if "".join(number + unit for number, unit in parts) != reset:
        return None
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return min(seconds, LONGEST_RESET_SECONDS) if seconds > 0 else None
