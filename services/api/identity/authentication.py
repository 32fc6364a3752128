"""Who asks: a bearer token, hashed before it is compared, or a ticket that opens one run."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest

from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    BaseUser,
    UnauthenticatedUser,
)
from starlette.requests import HTTPConnection, Request

from services.api.http.calls import Access
from services.api.http.parameters import canonical_id, parameters_of
from services.api.http.problems import Forbidden, Unauthorized
from services.api.identity.tickets import Tickets

_SCHEME = "bearer "


@dataclass(frozen=True, slots=True)
class Identity(BaseUser):
    """Whose token it is and what it may do."""

    workspace: str
    name: str
    role: str

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def display_name(self) -> str:
        return self.name


class Stranger(UnauthenticatedUser):
    """Somebody without a token that is known here; `why` says what was wrong."""

    def __init__(self, why: str) -> None:
        self.why = why


class Tokens(AuthenticationBackend):
    """The one token of the settings. Only its hash is kept."""

    def __init__(self, token: str, workspace: str) -> None:
        self._hash = sha256(token.encode()).digest()
        self._known = AuthCredentials(), Identity(workspace, "settings", "admin")

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser]:
        """Whose request it is; a call that is open to all does not care."""
        given = conn.headers.get("authorization")
        if given is None:
            return _stranger("expected the header `Authorization: Bearer TOKEN`, found none")
        if given[: len(_SCHEME)].lower() != _SCHEME:
            return _stranger("expected `Authorization: Bearer TOKEN`, found another scheme")
        presented = given[len(_SCHEME) :].strip().encode("latin-1")
        if not compare_digest(sha256(presented).digest(), self._hash):
            return _stranger("the token is not known here; PENSTOCK_TOKEN holds the one that is")
        return self._known


class Doorkeeper:
    """Lets requests in as what their call asks for."""

    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets

    def admit(self, request: Request, access: Access) -> None:
        """Raises: Unauthorized, Forbidden."""
        if access == "open":
            return
        if access == "ticket" and "authorization" not in request.headers:
            ticket = parameters_of(request).get("ticket")
            if ticket is not None:
                run = canonical_id(request.path_params["run_id"], "run")
                workspace = self._tickets.open(ticket, run)
                request.scope["user"] = Identity(workspace, "ticket", "viewer")
                return
        user = request.user
        if not isinstance(user, Identity):
            raise Unauthorized(user.why if isinstance(user, Stranger) else "nobody was named")
        if access == "admin":
            require_admin(user)


def require_admin(identity: Identity) -> None:
    """Raises: Forbidden."""
    if identity.role != "admin":
        raise Forbidden(f"expected the token of an admin, came that of a {identity.role}")


def identity_of(request: Request) -> Identity:
    """Who makes the call, once it was let in."""
    user = request.user
    assert isinstance(user, Identity)
    return user


def workspace_of(request: Request) -> str:
    """Whose things the call is about."""
    return identity_of(request).workspace


def _stranger(why: str) -> tuple[AuthCredentials, BaseUser]:
    return AuthCredentials(), Stranger(why)
