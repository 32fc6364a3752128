"""The console: one page for every address of it, and the files that it is built of.

`web/dist` is what `make run` builds of `web/`; where there is none, a short page says so. Files
have the hash of their content in their names, so a browser keeps them for good; the page that names
them is asked for each time, and is read again when it was built again.

Source: W3C Content Security Policy Level 3; RFC 8246 (immutable); RFC 9110, 8.8.3 (entity tags).
"""

from __future__ import annotations

import asyncio
import gzip
import html
import os
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from werkzeug.http import parse_accept_header, parse_etags

from services.api.http.addresses import public_url

DIST = Path(__file__).parents[3] / "web" / "dist"
# Styles may be set by scripts, which the libraries of the console do; scripts are ours alone.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_HERE = '<base href="/">'
_TEXTS = ("text/", "application/json", "image/svg+xml")
_LEAST_PACKED = 1_024
_MISSING = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Penstock</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"></head>
<body><main><h1>The console is not built here</h1>
<p>In a checkout, <code>make run</code> builds it; the image of a deployment has it.</p>
<p>All else is served: <a href="docs">the API</a> and
<a href="watch">the page to watch a run with</a>.</p></main></body>
</html>
"""


class Assets(StaticFiles):
    """Files whose names change with what is in them; texts are packed once, not for each reader."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file. Raises: HTTPException, where there is none."""
        response = await super().get_response(path, scope)
        if not isinstance(response, FileResponse):
            return response
        response.headers["vary"] = "accept-encoding"
        size = int(response.headers["content-length"])
        is_text = response.headers["content-type"].startswith(_TEXTS)
        if not is_text or size < _LEAST_PACKED or not _takes_gzip(scope):
            return response
        found = os.stat(response.path)
        packed = await asyncio.to_thread(_packed, str(response.path), found.st_mtime_ns)
        headers = {**response.headers, "content-encoding": "gzip"}
        del headers["content-length"]
        headers["etag"] = f"W/{headers['etag']}"
        return Response(packed, headers=headers)

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


def assets() -> Mount:
    """What the page is made of."""
    return Mount("/assets", Assets(directory=DIST / "assets", check_dir=False))


def console_page(request: Request) -> Response:
    """The page of the console, whatever address of it is asked for; 503 where it is not built."""
    headers = {
        "content-security-policy": POLICY,
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cache-control": "no-cache",
        "vary": "accept",
    }
    page = DIST / "index.html"
    try:
        built_at = page.stat().st_mtime_ns
    except OSError:
        return HTMLResponse(_at(_MISSING, _place(request)), 503, headers)
    body = _page(page, built_at, _place(request))
    tag = f'"{sha256(body).hexdigest()[:16]}"'
    headers["etag"] = tag
    if parse_etags(request.headers.get("if-none-match")).contains_weak(tag.strip('"')):
        return Response(status_code=304, headers=headers)
    return HTMLResponse(body, headers=headers)


def _place(request: Request) -> str:
    """The path of this host that the console stands at, to which all its addresses are relative."""
    return urlsplit(public_url(request)).path.rstrip("/") + "/"


@lru_cache(maxsize=8)
def _page(page: Path, built_at: int, place: str) -> bytes:
    return _at(page.read_text(), place).encode()


def _at(text: str, place: str) -> str:
    base = f'<base href="{html.escape(place)}">'
    return text.replace(_HERE, base) if _HERE in text else text.replace("<head>", f"<head>{base}")


@lru_cache(maxsize=256)
def _packed(path: str, changed_at: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), mtime=0)


def _takes_gzip(scope: Scope) -> bool:
    given = dict(scope["headers"]).get(b"accept-encoding", b"").decode("latin-1")
    return any(name == "gzip" and quality > 0 for name, quality in parse_accept_header(given))
