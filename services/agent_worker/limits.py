"""What providers would refuse now, by key and model: learned from their answers, and shared.

    learned here   kept for as long as the provider said, an hour at most
    told           as part of what a worker says of itself each second, and at once when it is new
    heard          what other workers learned; who hears nothing goes by what it learned itself

A name is a digest keyed by the provider's key itself: workers with the same key agree on it without
another secret, and nobody else can tell whose it is. Times are told as seconds that are left, since
no two clocks agree.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from collections.abc import Iterator
from math import floor
from time import monotonic

from cachetools import LRUCache

from services.agent_worker.providers.causes import RATE_LIMITED
from shared.errors import AttemptFailed
from shared.log.oversight import Attendance
from shared.run.retry import LONGEST_LIMIT_SECONDS

MOST_KEPT = 1_000
MOST_TOLD = 50
_LONGEST_WORDS = 64 * 1024
_NAME = re.compile(r"[0-9a-f]{32}")


def limit_name(provider: str, key: str, model: str) -> str:
    """What a limit is called among workers."""
    about = f"penstock provider limit\n{provider}\n{model}"
    return hmac.digest(key.encode(), about.encode(), "sha256").hex()[:32]


class ProviderLimited(AttemptFailed):
    """The provider would refuse the step: nothing was asked of it, and the attempt does not count.

    The words are for whoever reads the run.
    """

    def __init__(self, provider: str, model: str, seconds: float) -> None:
        super().__init__(
            f"{provider} takes no more requests for {model} just now: its limit is reached",
            code=RATE_LIMITED,
            retry=True,
            retry_after_seconds=round(seconds, 3),
        )


class Limits:
    """What this worker knows of the limits of its providers: by name, until when (monotonic)."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self._learned: LRUCache[str, float] = LRUCache(MOST_KEPT)
        self._heard: LRUCache[str, float] = LRUCache(MOST_KEPT)
        self._words: dict[str, bytes] = {}
        self._others: Attendance | None = None

    def learn(self, name: str, seconds: float) -> None:
        """A provider said so: it refuses what is called so for so many seconds."""
        until = monotonic() + min(max(0.0, seconds), LONGEST_LIMIT_SECONDS)
        if until <= self._learned.get(name, 0.0):
            return
        if self.seconds_left(name) == 0:
            self.news.set()
        self._learned[name] = until

    def seconds_left(self, name: str) -> float:
        """For how long it would be refused, as far as is known; 0 if it would not."""
        self._listen()
        until = max(self._learned.get(name, 0.0), self._heard.get(name, 0.0))
        return max(0.0, until - monotonic())

    def listen_to(self, others: Attendance) -> None:
        """Go by what these say, too."""
        self._others = others

    def said(self) -> dict[str, float]:
        """What others may know: seconds left by name, of those that last longest.

        Rounded down: a step that comes again when it was told to finds no limit any more.
        """
        now = monotonic()
        left = sorted(((until - now, name) for name, until in self._learned.items()), reverse=True)
        tenths = ((name, floor(10 * seconds)) for seconds, name in left[:MOST_TOLD])
        return {name: number / 10 for name, number in tenths if number > 0}

    def _listen(self) -> None:
        if self._others is None:
            return
        said = dict(self._others.said())
        for worker, words in said.items():
            if self._words.get(worker) != words:
                said_at = monotonic() - self._others.seconds_ago(worker)
                for name, until in _limits_in(words, said_at):
                    self._heard[name] = max(until, self._heard.get(name, 0.0))
        self._words = said


def _limits_in(words: bytes, said_at: float) -> Iterator[tuple[str, float]]:
    """Until when which limits hold that a worker spoke of; none in what is not understood."""
    try:
        said = json.loads(words) if len(words) <= _LONGEST_WORDS else None
    except ValueError:
        return
    limits = said.get("limits") if isinstance(said, dict) else None
    if not isinstance(limits, dict):
        return
    for name, seconds in list(limits.items())[:MOST_TOLD]:
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if is_number and _NAME.fullmatch(name) and 0 < seconds < float("inf"):
            yield name, said_at + min(float(seconds), LONGEST_LIMIT_SECONDS)
