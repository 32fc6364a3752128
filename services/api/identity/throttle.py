"""How often somebody may fail to log in: five times a minute from one address to one account.

Whoever tries many accounts from one address is stopped by a number of its own. A try counts before
it is known how it ends, so that many at once are no way around. Each api counts for itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic

from cachetools import LRUCache

from services.api.http.problems import Refused

WINDOW_SECONDS = 60
OF_ACCOUNT, OF_ADDRESS = 5, 100
_MOST = 20_000


class TooManyLogins(Refused):
    """Too many logins failed within the last minute."""

    code = "too_many_logins"
    status = 429

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            f"expected at most {OF_ACCOUNT} failed logins a minute, came more: wait {wait_seconds} "
            "seconds, or ask for a link to set a new password"
        )
        self.headers = {"retry-after": str(wait_seconds)}


class Throttle:
    """Tries of the last minute, by address and account."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._tries: LRUCache[tuple[str, ...], deque[float]] = LRUCache(_MOST)

    def begin(self, address: str, account: str, *, of_account: bool = True) -> None:
        """Counts a try; without `of_account` by the address alone. Raises: TooManyLogins."""
        now = self._clock()
        most = OF_ACCOUNT if of_account else OF_ADDRESS
        kinds = (((address, account), most), ((address,), OF_ADDRESS))
        for key, most in kinds:
            tries = self._recent(key, now)
            if len(tries) >= most:
                raise TooManyLogins(max(1, round(tries[0] + WINDOW_SECONDS - now)))
        for key, _ in kinds:
            self._tries[key].append(now)

    def succeeded(self, address: str, account: str) -> None:
        """The last try was none that failed."""
        for key in ((address, account), (address,)):
            tries = self._tries.get(key)
            if tries:
                tries.pop()

    def _recent(self, key: tuple[str, ...], now: float) -> deque[float]:
        tries = self._tries.get(key)
        if tries is None:
            tries = self._tries[key] = deque()
        while tries and tries[0] <= now - WINDOW_SECONDS:
            tries.popleft()
        return tries
