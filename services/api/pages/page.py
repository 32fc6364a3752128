"""A page: one HTML file with its scripts and its style laid in, under a strict policy.

A page needs its own scripts and style and its own origin, and the policy names just these: scripts
and styles by their hashes. What is secret stands behind `#` in its address, which no browser
sends; a referrer would not hold it either, and is not sent.

Source: W3C Content Security Policy Level 3, 6.7.3 (hashes of inline elements); RFC 9110, 8.8.3
(entity tags) and 12.5.3 (Accept-Encoding).
"""

from __future__ import annotations

import gzip
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from werkzeug.http import parse_etags

HERE = Path(__file__).parent
WATCH = Path(__file__).parents[3] / "examples" / "watch.html"
ANSWER = HERE / "answer.html"

_NAMED = re.compile(
    r'<script src="(?P<script>[\w./-]+)"></script>'
    r'|<link rel="stylesheet" href="(?P<style>[\w./-]+)">'
)
_INLINE = re.compile(r"<(script|style)\b[^>]*>(.*?)</\1>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is sent: plain, packed, its policy, and the tag that names this content."""

    body: bytes
    packed: bytes
    policy: str
    tag: str


def response_of(page: Path, request: Request) -> Response:
    """The page, or that it is as the browser knows it."""
    made = _page(page)
    headers = {
        "content-security-policy": made.policy,
        "referrer-policy": "no-referrer",
        "cache-control": "no-cache",
        "vary": "accept, accept-encoding",
        "etag": made.tag,
    }
    if parse_etags(request.headers.get("if-none-match")).contains(made.tag.strip('"')):
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", "").lower():
        return HTMLResponse(made.body, headers=headers)
    return HTMLResponse(made.packed, headers={**headers, "content-encoding": "gzip"})


def whole(page: Path) -> str:
    """The page in one piece, with the scripts and the style it names laid in."""

    def laid_in(named: re.Match[str]) -> str:
        kind = "script" if named["script"] else "style"
        text = (page.parent / (named["script"] or named["style"])).read_text()
        return f"<{kind}>\n{text}</{kind}>"

    return _NAMED.sub(laid_in, page.read_text())


def policy_of(html: str) -> str:
    """The Content-Security-Policy under which the page works, and nothing else does."""
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for element, text in _INLINE.findall(html):
        digest = b64encode(sha256(text.encode()).digest()).decode()
        hashes[element].append(f"'sha256-{digest}'")
    return (
        f"default-src 'none'; script-src {' '.join(hashes['script'])}; "
        f"style-src {' '.join(hashes['style'])}; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _page(page: Path) -> Page:
    html = whole(page)
    body = html.encode()
    tag = f'"{sha256(body).hexdigest()[:16]}"'
    return Page(body, gzip.compress(body, mtime=0), policy_of(html), tag)
