"""The cookie of a session: a value nobody can guess, of which only the hash is kept.

It lasts as long in a browser as a cookie may: how long the session does is said by its row.
Source: RFC 6265, 4.1; `HttpOnly` and `SameSite=Lax` keep scripts and other sites' forms from it.
"""

from __future__ import annotations

import re
import secrets
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from services.api.http.addresses import public_url

NAME = "penstock_session"
_LASTS_SECONDS = 400 * 86_400
_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def new_value() -> str:
    """256 bits by chance, as text: for a cookie, or for a link."""
    return secrets.token_urlsafe(32)


def is_value(text: str) -> bool:
    """Whether a text has the form of one."""
    return _SHAPE.fullmatch(text) is not None


def value_of(request: Request) -> str | None:
    """What the request's cookie holds, if it has one."""
    return request.cookies.get(NAME)


def give(
    response: Response,
    request: Request,
    value: str,
    name: str = NAME,
    seconds: int = _LASTS_SECONDS,
) -> None:
    """Has the browser keep it."""
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="lax", secure=_is_tls(request)
    )


def take(response: Response, request: Request, name: str = NAME) -> None:
    """Has the browser forget it."""
    response.delete_cookie(name, httponly=True, samesite="lax", secure=_is_tls(request))


def _is_tls(request: Request) -> bool:
    seen = urlsplit(public_url(request)).scheme
    return "https" in (seen, request.scope["scheme"])
