"""The last of the log is kept for ends: no step is begun when there is little else.

The api takes no new runs long before. What is begun then would fill what is left, and a run that
cannot record its end waits for as long as the log is full.
"""

from shared.errors import AttemptFailed
from shared.log.oversight import About

RESERVED_FROM = 0.95


class Room:
    """How full the log was when it was looked at last."""

    def __init__(self) -> None:
        self._fullness = 0.0

    def note(self, about: About) -> None:
        """The log was looked at."""
        self._fullness = about.fullness

    def require(self) -> None:
        """There is room for more than ends. Raises: AttemptFailed."""
        if self._fullness >= RESERVED_FROM:
            words = f"the log is {self._fullness:.0%} full: what is left is for runs to end in"
            raise AttemptFailed(words, code="store_full", retry=True)
