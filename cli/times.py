"""Times as people read them at a glance: how long ago, how long it took."""

from __future__ import annotations

from datetime import UTC, datetime

_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0


def moment(text: str | None) -> datetime | None:
    """An RFC 3339 time with its zone; None for anything else."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else None


def age(text: str | None, now: datetime | None = None) -> str:
    """How long ago a time was, in at most four characters; empty if it is none."""
    then = moment(text)
    if then is None:
        return ""
    seconds = max(0.0, ((now or datetime.now(UTC)) - then).total_seconds())
    for unit, letter, most in ((1.0, "s", _MINUTE), (_MINUTE, "m", _HOUR), (_HOUR, "h", 2 * _DAY)):
        if seconds < most:
            return f"{seconds // unit:.0f}{letter}"
    return f"{seconds // _DAY:.0f}d"


def between(first: str | None, last: str | None, now: datetime | None = None) -> str:
    """How long it was from one time to another, or is by now; empty where it has not begun."""
    begun, ended = moment(first), moment(last)
    if begun is None:
        return ""
    return duration(((ended or now or datetime.now(UTC)) - begun).total_seconds())


def duration(seconds: float) -> str:
    """A length of time in at most six characters: 0.2s, 46s, 3m20s, 2h05m, 4d03h."""
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    for small, large, names in ((1, 60, "ms"), (60, 3_600, "hm"), (3_600, 86_400, "dh")):
        if whole < large:
            return f"{whole}s"
        if whole < large * (60 if names != "hm" else 24):
            return f"{whole // large}{names[0]}{whole % large // small:02}{names[1]}"
    return f"{whole // 86_400}d{whole % 86_400 // 3_600:02}h"


def clock(text: str | None) -> str:
    """A time by this machine's clock, to the second; the text itself where it is no time."""
    then = moment(text)
    return f"{then.astimezone():%Y-%m-%d %H:%M:%S}" if then else text or ""
