"""Who asks: a bearer token, hashed before it is compared, opens its workspace."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest

from services.api.http.problems import Forbidden, Unauthorized
from services.api.http.requests import Request

_SCHEME = "bearer "


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose token it is and what it may do."""

    workspace: str
    name: str
    role: str


def require_admin(identity: Identity) -> None:
    """Raises: Forbidden."""
    if identity.role != "admin":
        raise Forbidden(f"expected the token of an admin, came that of a {identity.role}")


class Tokens:
    """The one token of the settings. Only its hash is kept."""

    def __init__(self, token: str, workspace: str) -> None:
        self._hash = sha256(token.encode()).digest()
        self._identity = Identity(workspace, "settings", "admin")

    def identify(self, request: Request) -> Identity:
        """Whose request it is. Raises: Unauthorized."""
        given = request.header(b"authorization")
        if given is None:
            raise Unauthorized("expected the header `Authorization: Bearer TOKEN`, found none")
        if given[: len(_SCHEME)].lower() != _SCHEME:
            raise Unauthorized("expected `Authorization: Bearer TOKEN`, found another scheme")
        presented = given[len(_SCHEME) :].strip().encode("latin-1")
        if not compare_digest(sha256(presented).digest(), self._hash):
            raise Unauthorized("the token is not known here; PENSTOCK_TOKEN holds the one that is")
        return self._identity
