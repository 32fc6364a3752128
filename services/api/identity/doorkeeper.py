"""Lets requests in: by a bearer token, a session's cookie, or a ticket, which opens one run.

Where there is a token it counts, and no cookie is looked at; what is asked in another workspace
than the token's is refused, rather than done in the token's. What a cookie lets in is in a
workspace: that of the path (`/workspaces/{slug}/...`), of the header `X-Penstock-Workspace`, of
`?workspace=`, or the only one there is. Calls about oneself, about the installation, and those
that other tools' clients make, which know no workspaces, are in the personal one if none is named.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest

from starlette.requests import Request

from services.api.http.addresses import require_own_origin
from services.api.http.calls import Access, Call
from services.api.http.parameters import canonical_id, parameters_of
from services.api.http.parts import part
from services.api.http.problems import Forbidden, Unauthorized
from services.api.identity.cookie import value_of
from services.api.identity.identity import SETTINGS, Identity, Role
from services.api.identity.known import Known
from services.api.identity.standing import Right, SessionStanding
from services.api.identity.tickets import Tickets
from services.api.identity.token_text import is_whole
from shared.errors import NotFound

WORKSPACE = "x-penstock-workspace"
_SCHEME = "bearer "
_SHOWN = 80
_SAFE = ("GET", "HEAD", "OPTIONS")
_GIVING: tuple[Access, ...] = ("admin", "instance")
_NEEDED: dict[Access, Role] = {
    "ticket": "viewer",
    "self": "viewer",
    "viewer": "viewer",
    "member": "member",
    "admin": "admin",
    "instance": "viewer",
}


class Doorkeeper:
    """Knows the token of the settings, of which only the hash is kept, and asks for others."""

    def __init__(self, token: str, workspace: str, tickets: Tickets) -> None:
        self._hash = sha256(token.encode()).digest()
        self._operator = Identity(workspace, SETTINGS, "admin", is_instance_admin=True)
        self._tickets = tickets

    async def admit(self, request: Request, access: Access, *, anew: bool = False) -> None:
        """Lets it in as whoever makes it.

        `anew` asks once more, when the body has come: who gives and takes rights is not believed
        for a second, for what is made in it would outlast their own.

        Raises: Unauthorized, Forbidden, OriginMissing, ForeignOrigin, NotFound, WorkspaceNeeded,
        Unavailable.
        """
        if access == "open":
            return
        if anew and access in _GIVING and request.method not in _SAFE:
            part(request, Known).doubt(_shown_by(request))
        identity = await self._identity(request, access)
        require(identity, access)
        request.scope["user"] = identity

    async def _identity(self, request: Request, access: Access) -> Identity:
        if "authorization" in request.headers:
            own = _in_own(await self._by_token(request), request, access)
            return _in_path(own, request, access)
        if access == "ticket" and (ticket := parameters_of(request).get("ticket")) is not None:
            return await self._by_ticket(ticket, request)
        cookie = value_of(request)
        if cookie is None:
            raise Unauthorized("expected the header `Authorization: Bearer TOKEN`, found none")
        if request.method not in _SAFE:
            require_own_origin(request)
        standing = await part(request, Known).session_of(cookie)
        assert isinstance(standing, SessionStanding)
        return _in_workspace(standing, request, access)

    async def _by_token(self, request: Request) -> Identity:
        given = request.headers["authorization"]
        if given[: len(_SCHEME)].lower() != _SCHEME:
            raise Unauthorized("expected `Authorization: Bearer TOKEN`, found another scheme")
        token = given[len(_SCHEME) :].strip()
        if compare_digest(sha256(token.encode("latin-1")).digest(), self._hash):
            return self._operator
        if not is_whole(token):
            raise Unauthorized("the token is not known here, or was cut: give it as it was shown")
        return await part(request, Known).bearer_of(token)

    async def _by_ticket(self, ticket: str, request: Request) -> Identity:
        run = canonical_id(request.path_params["run_id"], "run")
        opened = self._tickets.open(ticket, run)
        if opened.maker != SETTINGS:
            await part(request, Known).require(Right(opened.maker, opened.workspace))
        return Identity(opened.workspace, "ticket", "viewer", opened.maker)


def require(identity: Identity, access: Access) -> None:
    """Raises: Forbidden."""
    needed = _NEEDED[access]
    if not identity.is_at_least(needed):
        wanted, found = _one(needed), _one(identity.role)
        if identity.person is not None:
            raise Forbidden(f"expected {wanted} of {identity.workspace}, you are {found} there")
        raise Forbidden(f"expected the token of {wanted}, came that of {found}")
    if access == "instance" and not identity.is_instance_admin:
        raise Forbidden(
            "expected who runs the installation: PENSTOCK_TOKEN, or a user with is_instance_admin"
        )


def _one(role: Role) -> str:
    return f"{'an' if role == 'admin' else 'a'} {role}"


def _in_workspace(standing: SessionStanding, request: Request, access: Access) -> Identity:
    """Who it is in the workspace that the request is about."""
    slug, person = request.path_params.get("slug"), standing.person
    if slug is not None and access != "instance":
        if slug not in person.places and person.is_instance_admin:
            return standing.identity_in(person.workspace).moved(slug)
        return standing.identity_in(slug)
    named = _named(request)
    if named is None and (access in ("self", "instance") or _is_alias(request)):
        named = person.workspace
    return standing.identity_in(named)


def _in_own(identity: Identity, request: Request, access: Access) -> Identity:
    """Who a token's bearer is, where no other workspace is named. Raises: NotFound."""
    named = _named(request)
    if named is None or named == identity.workspace or access in ("self", "instance"):
        return identity
    raise NotFound(
        f"There is no workspace {named[:_SHOWN]!r} that your token opens: a token is of one, this "
        f"of {identity.workspace!r}."
    )


def _named(request: Request) -> str | None:
    return request.headers.get(WORKSPACE) or parameters_of(request).get("workspace")


def _shown_by(request: Request) -> str:
    """The token or the cookie of a request."""
    given = request.headers.get("authorization")
    return (value_of(request) or "") if given is None else given[len(_SCHEME) :].strip()


def _in_path(identity: Identity, request: Request, access: Access) -> Identity:
    """Who a token's bearer is in the workspace that the path names. Raises: NotFound."""
    slug = request.path_params.get("slug")
    if slug is None or slug == identity.workspace or access == "instance":
        return identity
    if identity.is_instance_admin:
        return identity.moved(slug)
    require(identity, access)
    raise NotFound(f"There is no workspace {slug[:_SHOWN]!r} that your token opens.")


def _is_alias(request: Request) -> bool:
    call: Call | None = request.scope.get("call")
    return call is not None and call.tag == "Aliases"
