"""Tickets: what an `events_url` carries, since an EventSource can send no header.

`{workspace}.{expiry, unix seconds}.{HMAC-SHA256, base64url}`: opens one run of one workspace, for
reading, for a day. Nothing is stored.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from time import time

from services.api.http.problems import Unauthorized

LIFETIME_SECONDS = 86_400
_PURPOSE = b"penstock ticket 1"
_EXPIRY = re.compile(r"[1-9][0-9]{0,14}", re.ASCII)


class Tickets:
    """Signs and checks tickets with a key derived from PENSTOCK_SECRET_KEY."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, _PURPOSE, sha256)

    def issue(self, workspace: str, run: str, now: float | None = None) -> str:
        """A ticket for this run."""
        expiry = int(now or time()) + LIFETIME_SECONDS
        return f"{workspace}.{expiry}.{self._sign(workspace, run, expiry)}"

    def open(self, ticket: str, run: str, now: float | None = None) -> str:
        """The workspace a ticket opens for this run. Raises: Unauthorized."""
        workspace, _, rest = ticket.partition(".")
        expiry, _, signature = rest.partition(".")
        if not _EXPIRY.fullmatch(expiry):
            raise Unauthorized("the ticket is malformed: take the events_url as it was given")
        good = self._sign(workspace, run, int(expiry)).encode()
        if not hmac.compare_digest(signature.encode(), good):
            raise Unauthorized("the ticket is not for this run")
        if int(expiry) < (now or time()):
            raise Unauthorized("the ticket has expired: read the run again for a new events_url")
        return workspace

    def _sign(self, workspace: str, run: str, expiry: int) -> str:
        signed = f"{workspace}\n{run}\n{expiry}".encode()
        return urlsafe_b64encode(hmac.digest(self._key, signed, sha256)).rstrip(b"=").decode()
