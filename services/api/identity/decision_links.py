"""Links to one question of one run: whoever holds one may read the question and answer it once.

`{grant as JSON, base64url}.{HMAC-SHA256 of it, base64url}`. Nothing is stored: that a link was used
stands in the log, in the decision that was made by it. A link says who made it and for whom, so
the record tells more than that somebody had it. It ends with the token or session it was made by.
"""

from __future__ import annotations

import binascii
import hmac
import secrets
from base64 import b64decode, urlsafe_b64encode
from datetime import datetime
from time import time

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from services.api.http.problems import BadLink, LinkExpired
from services.api.identity.identity import SETTINGS
from services.api.identity.signing import SigningKeys

_PURPOSE = b"penstock decision link 1"
_ID_BYTES = 8


class Grant(BaseModel):
    """What a link opens. `link` names it in the log; it opens nothing by itself.

    `maker` is the token or session it was made by; links of before name none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    link: str
    workspace: str
    run: str
    step: int
    made_by: str
    maker: str = SETTINGS
    given_to: str | None
    expires_at: AwareDatetime

    @property
    def author(self) -> str:
        """Who decides by it, as the decision tells."""
        return f"{self.given_to or 'somebody'}, by a link of {self.made_by}"

    def ended(self, with_: str) -> LinkExpired:
        """What to raise where it opens nothing more; its maker's name goes into `with_`."""
        return LinkExpired(
            f"expected a link that is still good, this one ended with "
            f"{with_.format(self.made_by)}. Ask for a new one.",
            made_by=self.made_by,
        )


class DecisionLinks:
    """Signs links with a key derived from the newest secret key, and checks them by all."""

    def __init__(self, *secret_keys: bytes) -> None:
        self._keys = SigningKeys(_PURPOSE, secret_keys)

    def issue(self, grant: Grant) -> str:
        """The secret that opens what `grant` says."""
        said = grant.model_dump_json().encode()
        return f"{_text(said)}.{_text(self._keys.sign(said))}"

    def open(self, secret: str, now: float | None = None) -> Grant:
        """What a link opens. Raises: BadLink; LinkExpired."""
        said, _, signature = secret.partition(".")
        try:
            body, signed = _bytes(said), _bytes(signature)
        except (ValueError, binascii.Error):
            raise _bad() from None
        if not any(hmac.compare_digest(signed, each) for each in self._keys.signatures(body)):
            raise _bad()
        try:
            grant = Grant.model_validate_json(body)
        except ValidationError:
            raise _bad() from None
        if grant.expires_at.timestamp() < (time() if now is None else now):
            raise LinkExpired(
                f"expected a link that is still good, this one was until "
                f"{shown(grant.expires_at)}. Ask {grant.made_by} for a new one.",
                expired_at=grant.expires_at.isoformat(),
                made_by=grant.made_by,
            )
        return grant


def new_id() -> str:
    """A name for a link that no other has."""
    return secrets.token_hex(_ID_BYTES)


def shown(moment: datetime) -> str:
    """A time for people, to the minute."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _bad() -> BadLink:
    return BadLink(
        "expected a link that was made here, got one that is cut short, changed or made elsewhere. "
        "Open it as it was sent, or ask for a new one."
    )


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    raw = text.encode("ascii")
    return b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
