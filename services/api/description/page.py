"""The page at `/docs`: a reference one can search, copy from and try, made by Scalar's renderer.

    /docs                          the page: two scripts and an empty place
    /docs/scalar-...-1.76.0.js     the renderer, see assets/README.md
    /docs/start-<hash>.js          what starts it
    /openapi.json                  what it shows

All of it comes from here, and the policy lets the page ask nobody else. Scripts are files of ours;
the renderer brings its styles inline. A name that changes with the content lets browsers keep it.

Source: W3C Content Security Policy Level 3; RFC 8246 (immutable responses).
"""

from __future__ import annotations

import asyncio
import gzip
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.responses import HTMLResponse, Response

from shared.errors import NotFound

ASSETS = Path(__file__).parent / "assets"
RENDERER = "scalar-api-reference-1.76.0.js"
START = f"start-{sha256((ASSETS / 'start.js').read_bytes()).hexdigest()[:12]}.js"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SAFE = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
SCRIPT = "text/javascript"
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
PAGE = f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Penstock API</title>
<link rel="icon" href="data:,">
</head>
<body>
<div id="reference"></div>
<noscript>
This page needs JavaScript. <a href="openapi.json">openapi.json</a> says the same.
</noscript>
<script src="docs/{RENDERER}"></script>
<script src="docs/{START}"></script>
</body>
</html>
"""


def page() -> Response:
    """The page, for anyone."""
    headers = {"content-security-policy": POLICY, "cache-control": "no-cache", **SAFE}
    return HTMLResponse(PAGE, headers=headers)


async def asset(name: str, accept_encoding: str) -> Response:
    """A file of the page, packed for who takes it so. Raises: NotFound."""
    headers = {**SAFE, **FOR_EVER}
    if name == START:
        return Response((ASSETS / "start.js").read_bytes(), headers=headers, media_type=SCRIPT)
    if name != RENDERER:
        raise NotFound(f"There is no file {name[:80]!r} of this page; GET /docs names them.")
    headers["vary"] = "accept-encoding"
    content = _packed()
    if "gzip" in accept_encoding:
        headers["content-encoding"] = "gzip"
    else:
        content = await asyncio.to_thread(gzip.decompress, content)
    return Response(content, headers=headers, media_type=SCRIPT)


@cache
def _packed() -> bytes:
    return (ASSETS / f"{RENDERER}.gz").read_bytes()
