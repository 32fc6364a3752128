"""Keys that sign: one derived from each secret key in force, for one purpose."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from hashlib import sha256


class SigningKeys:
    """The keys of one purpose, the newest first: that one signs, each of them is believed."""

    def __init__(self, purpose: bytes, secret_keys: Iterable[bytes]) -> None:
        self._keys = [hmac.digest(each, purpose, sha256) for each in secret_keys]

    def sign(self, said: bytes) -> bytes:
        """The signature of what is said."""
        return next(self.signatures(said))

    def signatures(self, said: bytes) -> Iterator[bytes]:
        """Every signature of it that is good."""
        return (hmac.digest(key, said, sha256) for key in self._keys)
