"""A sign-in that has begun: what the browser keeps of it until the provider sends it back.

`{attempt as JSON, base64url}.{HMAC-SHA256, base64url}`, in a cookie that no script reads. So an
answer counts only in the browser that asked, and nothing is stored for whoever only begins.

Source: RFC 6749, 10.12 (state); RFC 7636 (PKCE); OpenID Connect Core 1.0, 15.5.2 (nonce).
"""

from __future__ import annotations

import binascii
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from time import time

from pydantic import BaseModel, ConfigDict, ValidationError

from services.api.identity.signing import SigningKeys
from services.api.openid.refusals import OpenIdOver

COOKIE = "penstock_openid"
LASTS_SECONDS = 600
_PURPOSE = b"penstock openid attempt 1"
_LONGEST = 4_000


class Attempt(BaseModel):
    """One try. `verifier` is what PKCE shows the provider in the end; `expires_at` in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: str
    nonce: str
    verifier: str
    issuer: str
    expires_at: int

    @classmethod
    def by_chance(cls, issuer: str) -> Attempt:
        """A new one, that nobody can guess."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        until = int(time()) + LASTS_SECONDS
        return cls(state=state, nonce=nonce, verifier=verifier, issuer=issuer, expires_at=until)


class Attempts:
    """Signs attempts with a key derived from the newest secret key, and checks them by all."""

    def __init__(self, *secret_keys: bytes) -> None:
        self._keys = SigningKeys(_PURPOSE, secret_keys)

    def write(self, attempt: Attempt) -> str:
        """What the cookie holds."""
        said = attempt.model_dump_json().encode()
        return f"{_text(said)}.{_text(self._keys.sign(said))}"

    def read(self, kept: str | None, state: str | None, now: float | None = None) -> Attempt:
        """The attempt of this browser that the answer is for. Raises: OpenIdOver."""
        attempt = self._signed(kept or "")
        if attempt is None or not hmac.compare_digest(attempt.state.encode(), _ascii(state)):
            raise over("expected the answer to a sign-in of this browser, got one to another")
        if attempt.expires_at < (time() if now is None else now):
            raise over(f"expected an answer within {LASTS_SECONDS // 60} minutes, got one later")
        return attempt

    def _signed(self, kept: str) -> Attempt | None:
        said, _, signature = kept[:_LONGEST].partition(".")
        try:
            body, signed = urlsafe_b64decode(said), urlsafe_b64decode(signature)
        except (ValueError, binascii.Error):
            return None
        if not any(hmac.compare_digest(signed, each) for each in self._keys.signatures(body)):
            return None
        try:
            return Attempt.model_validate_json(body)
        except ValidationError:
            return None


def over(why: str) -> OpenIdOver:
    """What to raise for an answer that lets nobody in any more."""
    return OpenIdOver(f"{why}. Begin again on the sign-in page.")


def _ascii(text: str | None) -> bytes:
    return (text or "").encode("utf-8", "replace")


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode()
