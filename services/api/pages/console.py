"""The console: one page for every address of it, and the files that it is built of.

`web/dist` is what `make run` builds of `web/`; where there is none, nothing of the console is
served. Files have the hash of their content in their names, so a browser keeps them for good; the
page that names them is asked for each time.

Source: W3C Content Security Policy Level 3; RFC 8246 (immutable).
"""

from __future__ import annotations

import html
import os
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from werkzeug.http import parse_etags

from services.api.http.addresses import public_url

DIST = Path(__file__).parents[3] / "web" / "dist"
# Styles may be set by scripts, which the libraries of the console do; scripts are ours alone.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_HERE = '<base href="/">'


class Assets(StaticFiles):
    """Files whose names change with what is in them."""

    def file_response(
        self,
        full_path: os.PathLike[str] | str,
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """The file, to be kept for good."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        response.headers["x-content-type-options"] = "nosniff"
        return response


def is_built() -> bool:
    """Whether there is a console to serve."""
    return (DIST / "index.html").is_file()


def assets() -> Mount:
    """What the page is made of."""
    files = Assets(directory=DIST / "assets", check_dir=False)
    return Mount("/assets", GZipMiddleware(files, minimum_size=1024))


def console_page(request: Request) -> Response:
    """The page of the console, whatever address of it is asked for; 404 where it is not built."""
    if not is_built():
        return HTMLResponse("The console is not built here: `make run` builds it.", status_code=404)
    body = _page(urlsplit(public_url(request)).path.rstrip("/") + "/")
    tag = f'"{sha256(body).hexdigest()[:16]}"'
    headers = {
        "content-security-policy": POLICY,
        "referrer-policy": "no-referrer",
        "cache-control": "no-cache",
        "vary": "accept",
        "etag": tag,
    }
    if parse_etags(request.headers.get("if-none-match")).contains(tag.strip('"')):
        return Response(status_code=304, headers=headers)
    return HTMLResponse(body, headers=headers)


@cache
def _page(path: str) -> bytes:
    """The page as it stands at a path of this host, to which all its addresses are relative."""
    text = (DIST / "index.html").read_text()
    return text.replace(_HERE, f'<base href="{html.escape(path)}">').encode()
