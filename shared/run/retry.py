"""When a failed attempt is tried again, and after how long.

One that was refused for the provider's limit, and did nothing, does not count: it is tried again
when the limit is over, however many attempts the step may have, but MOST_UNCOUNTED times at most.
"""

from __future__ import annotations

from zlib import crc32

from shared.flow import RetryPolicy
from shared.flow.work import LONGEST_SECONDS
from shared.run.content import Cause

_STEPS = 1 << 32
MOST_UNCOUNTED = 200
LONGEST_LIMIT_SECONDS = 3600
_WIDEST_SECONDS = 300
_MOST_GROWTH = 64  # doublings and more: far above any bound, and no float overflows


def will_retry(policy: RetryPolicy, error: Cause, attempt: int) -> bool:
    """Another attempt follows attempt `attempt` (from 1) that failed with this error."""
    return error.retryable and attempt < policy.max_attempts


def delay_after(policy: RetryPolicy, error: Cause, attempt: int, subject: str) -> float:
    """Seconds to wait after the failed attempt `attempt`; a longer retry-after is obeyed.

    Jitter is a hash of the attempt's subject: the same for everyone who decides it, spread over
    attempts.
    """
    growth = policy.factor ** min(attempt - 1, _MOST_GROWTH)
    plain = min(policy.initial_seconds * growth, policy.max_seconds)
    spread = 2 * _chance(subject) - 1
    asked = min(error.retry_after_seconds or 0, LONGEST_SECONDS)
    return max(plain * (1 + policy.jitter * spread), asked)


def delay_uncounted(error: Cause, uncounted: int, subject: str) -> float:
    """Seconds from an attempt that did not count, the `uncounted`-th (from 1), to the next.

    Never less than was asked for, up to an hour. Those that wait for one limit must not all come
    at once: they spread over a second behind it, twice as long each time they were refused.
    """
    asked = min(max(0.0, error.retry_after_seconds or 0.0), LONGEST_LIMIT_SECONDS)
    width = min(2.0 ** min(uncounted - 1, _MOST_GROWTH), _WIDEST_SECONDS)
    return asked + width * _chance(subject)


def _chance(subject: str) -> float:
    """0 to 1, the same for everyone."""
    return crc32(subject.encode()) / _STEPS
