"""Where clients see the api, and which pages are its own.

A browser sends the cookie of a session with what other sites' pages ask, too, where they share its
site; it says from which page a write comes, and no page can change that. Source: Fetch, 3.2.
"""

from __future__ import annotations

from starlette.requests import Request

from services.api.http.problems import Refused

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_SHOWN = 200


class OriginMissing(Refused):
    """A write came with a cookie, and does not say from which page."""

    code = "origin_missing"
    status = 403


class ForeignOrigin(Refused):
    """A write came with a cookie, from a page that is not ours."""

    code = "origin_foreign"
    status = 403


def seen_url(request: Request) -> str:
    """Where clients see the api: as the operator says, or else as this one asked."""
    return public_url(request) or _asked_url(request)


def public_url(request: Request) -> str:
    """Where the operator says that clients see the api; empty if that is where they ask."""
    url: str = request.app.state.public_url
    return url


def require_own_origin(request: Request, *, may_be_missing: bool = False) -> None:
    """The request comes from a page of ours. Raises: OriginMissing, ForeignOrigin."""
    origin = request.headers.get("origin")
    if origin is None:
        if may_be_missing:
            return
        raise OriginMissing(
            "expected the header `Origin`, which every browser sends with a write; came none. "
            "A program says `Authorization: Bearer TOKEN` instead of a cookie."
        )
    if not is_own(request, origin):
        raise ForeignOrigin(
            f"expected a page of {_origin_of(seen_url(request))}, came one of {origin[:_SHOWN]!r}: "
            "if both are yours, start the api with PENSTOCK_PUBLIC_URL or PENSTOCK_TRUSTED_ORIGINS"
        )


def is_own(request: Request, origin: str) -> bool:
    """Whether pages of this origin are ours: it is where clients see the api, or trusted."""
    trusted: frozenset[str] = request.app.state.trusted_origins
    urls = (_asked_url(request), public_url(request), *trusted)
    return _plain(origin) in {_origin_of(url) for url in urls if url}


def _asked_url(request: Request) -> str:
    return f"{request.scope['scheme']}://{request.headers.get('host', 'localhost')}"


def _origin_of(url: str) -> str:
    scheme, _, place = url.partition("://")
    return _plain(f"{scheme}://{place.partition('/')[0]}")


def _plain(origin: str) -> str:
    """As browsers write it: lower case, without the port that is the usual one.

    Nothing is parsed: what comes here may be no address at all.
    """
    origin = origin.lower()
    return origin.removesuffix(_DEFAULT_PORTS.get(origin.partition("://")[0], "/"))
