"""Tickets: what an `events_url` carries, since an EventSource can send no header.

`{workspace}.{expiry, unix seconds}.{maker}.{HMAC-SHA256, base64url}`: opens one run of one
workspace, for reading, for a day, and no longer than the token is good that it was made for.
Nothing is stored. Those of a version that named no maker are good as those of the settings' token.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from time import time
from typing import NamedTuple

from services.api.http.problems import Unauthorized
from services.api.identity.identity import SETTINGS, Identity
from services.api.identity.signing import SigningKeys

LIFETIME_SECONDS = 86_400
_PURPOSE = b"penstock ticket 1"
_EXPIRY = re.compile(r"[1-9][0-9]{0,14}", re.ASCII)


class Opened(NamedTuple):
    """What a ticket opens, and the token it was made for."""

    workspace: str
    maker: str


class Tickets:
    """Signs tickets with a key derived from the newest secret key, and checks them by all."""

    def __init__(self, *secret_keys: bytes) -> None:
        self._keys = SigningKeys(_PURPOSE, secret_keys)

    def issue(self, identity: Identity, run: str, now: float | None = None) -> str:
        """A ticket for this run of the workspace."""
        expiry = str(int(now or time()) + LIFETIME_SECONDS)
        said = (identity.workspace, expiry, identity.maker)
        return f"{'.'.join(said)}.{_text(self._keys.sign(_signed(run, *said)))}"

    def open(self, ticket: str, run: str, now: float | None = None) -> Opened:
        """What a ticket opens of this run. Raises: Unauthorized."""
        *said, signature = ticket.split(".")
        if len(said) not in (2, 3) or not _EXPIRY.fullmatch(said[1]):
            raise Unauthorized("the ticket is malformed: take the events_url as it was given")
        if not any(
            hmac.compare_digest(signature.encode(), _text(good).encode())
            for good in self._keys.signatures(_signed(run, *said))
        ):
            raise Unauthorized("the ticket is not for this run")
        if int(said[1]) < (now or time()):
            raise Unauthorized("the ticket has expired: read the run again for a new events_url")
        return Opened(said[0], said[2] if len(said) == 3 else SETTINGS)


def _signed(run: str, workspace: str, expiry: str, *maker: str) -> bytes:
    return "\n".join((workspace, run, expiry, *maker)).encode()


def _text(signature: bytes) -> str:
    return urlsafe_b64encode(signature).rstrip(b"=").decode()
