"""Seals what is secret: AES-256-GCM, bound to whose it is and what it is called.

    1.{id of the secret key}.{nonce, cipher text and tag, base64url}

The associated data is the whole name, so that a value which is moved to another workspace or name
does not open there. Of PENSTOCK_SECRET_KEY itself nothing is used but two keys derived from it: one
that seals, and its id, which says in every sealed value by which secret key it was made.
Source: NIST SP 800-38D: nonces are random, 96 bits, good for 2**32 values a key.
"""

from __future__ import annotations

import binascii
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.credentials.names import CredentialName
from shared.errors import PenstockError

_VERSION = "1"
_SEALS, _NAMES = b"penstock sealing 1", b"penstock sealing key id 1"
_NONCE_BYTES = 12
_ID_DIGITS = 8


class NotOpened(PenstockError):
    """A sealed value does not open: by these secret keys, or where it is."""

    code = "credential_not_opened"


class Sealer:
    """Seals under the first of these secret keys, and opens what any of them sealed."""

    def __init__(self, *secret_keys: bytes) -> None:
        self._keys = {id_of(each): AESGCM(_derived(each, _SEALS)) for each in secret_keys}

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the secret keys, the newest first. They give nothing of the keys away."""
        return tuple(self._keys)

    def seal(self, name: CredentialName, value: str) -> str:
        """The value, for this name alone."""
        newest, key = next(iter(self._keys.items()))
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + key.encrypt(nonce, value.encode(), name.whole.encode())
        return f"{_VERSION}.{newest}.{urlsafe_b64encode(sealed).decode()}"

    def open(self, name: CredentialName, sealed: str) -> str:
        """The value that was sealed for this name. Raises: NotOpened."""
        version, made_by, text = [*sealed.split(".", 2), "", ""][:3]
        if version != _VERSION:
            raise NotOpened(f"expected {name.whole} as this version seals it, found another form")
        key = self._keys.get(made_by)
        if key is None:
            raise NotOpened(
                f"{name.whole} is sealed under the secret key {made_by}, which this process does "
                "not have: give it that one too in PENSTOCK_SECRET_KEY, behind the newest"
            )
        try:
            found = urlsafe_b64decode(text)
            nonce, ciphered = found[:_NONCE_BYTES], found[_NONCE_BYTES:]
            return key.decrypt(nonce, ciphered, name.whole.encode()).decode()
        except (InvalidTag, ValueError, binascii.Error):
            raise NotOpened(
                f"{name.whole} was not sealed for this name, or was changed: set it anew"
            ) from None


def id_of(secret_key: bytes) -> str:
    """What a secret key is known by."""
    return _derived(secret_key, _NAMES).hex()[:_ID_DIGITS]


def _derived(secret_key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(secret_key, purpose, sha256)
