"""When a failed attempt is tried again, and after how long."""

from __future__ import annotations

from zlib import crc32

from shared.flow import RetryPolicy
from shared.flow.work import LONGEST_SECONDS
from shared.run.content import Cause

_STEPS = 1 << 32
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
    spread = 2 * crc32(subject.encode()) / _STEPS - 1
    asked = min(error.retry_after_seconds or 0, LONGEST_SECONDS)
    return max(plain * (1 + policy.jitter * spread), asked)
