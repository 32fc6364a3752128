"""Passwords: hashed with argon2id, beside the loop and few at once, for each takes 64 MiB.

Nobody learns by the time it takes whether there is such a user: where there is none, as much work
is done. Source: RFC 9106, 4 (the second recommended choice, the library's defaults); NIST SP
800-63B, 5.1.1.2 (length counts, no rules of composition, one form of Unicode).
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from shared.errors import Unavailable

SHORTEST, LONGEST = 10, 200
_AT_ONCE = 2
_MOST_WAITING = 40

T = TypeVar("T")

HASHER = PasswordHasher()
"""How a password is hashed; a hash says itself how it was made, and is checked as it says."""


class Passwords:
    """Hashes and checks them. Both raise Unavailable while too many wait for it."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or HASHER
        self._threads = ThreadPoolExecutor(_AT_ONCE, "password")
        self._waiting = 0
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        """What is kept of a password."""
        return await self._aside(lambda: self._hasher.hash(_plain(password)))

    async def is_right(self, kept: str | None, password: str) -> bool:
        """Whether this is the password; False where none is kept, after as long a time."""
        if not self._nobodys:
            self._nobodys = await self.hash("nobody has this password")
        against = kept or self._nobodys
        return await self._aside(lambda: self._matches(against, password)) and kept is not None

    def _matches(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, _plain(password))
        except (VerifyMismatchError, InvalidHashError):
            return False

    async def _aside(self, work: Callable[[], T]) -> T:
        if self._waiting >= _MOST_WAITING:
            raise Unavailable("Too many passwords are checked right now: try again in a moment.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _plain(password: str) -> str:
    """One form, however a keyboard writes it."""
    return unicodedata.normalize("NFKC", password)
