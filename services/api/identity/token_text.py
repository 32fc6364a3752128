"""The text of a token: `pst_`, 32 random bytes, and a checksum of them, in base 62.

The checksum tells a token that was cut or mistyped from one that is not known, without a question
to anybody; and what scans for secrets finds a token by its prefix and is sure by its checksum.
"""

from __future__ import annotations

import re
import secrets
import string
from hashlib import sha256
from zlib import crc32

PREFIX = "pst_"
SHOWN = len(PREFIX) + 6
"""How much of a token lists show."""
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET_DIGITS, _CHECK_DIGITS = 43, 6  # 62 ** 43 > 2 ** 256, 62 ** 6 > 2 ** 32
_SHAPE = re.compile(rf"{PREFIX}([0-9A-Za-z]{{{_SECRET_DIGITS}}})([0-9A-Za-z]{{{_CHECK_DIGITS}}})")


def new_token() -> str:
    """A token that nobody can guess."""
    secret = _written(int.from_bytes(secrets.token_bytes(32)), _SECRET_DIGITS)
    return f"{PREFIX}{secret}{_check(secret)}"


def is_whole(token: str) -> bool:
    """Whether it has the form of a token, its checksum too."""
    found = _SHAPE.fullmatch(token)
    return found is not None and _check(found[1]) == found[2]


def hash_of(token: str) -> str:
    """What is kept of a token: of a secret of 256 bits a plain hash gives nothing away."""
    return sha256(token.encode()).hexdigest()


def _check(secret: str) -> str:
    return _written(crc32(secret.encode()), _CHECK_DIGITS)


def _written(number: int, digits: int) -> str:
    text = ""
    for _ in range(digits):
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text
