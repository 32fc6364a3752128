"""The page at `/watch`: `examples/watch.html` with its law laid in, under a strict policy.

The page needs its own script and style and its own origin, and the policy names just these: the
script and the style by their hashes. What it reads stands behind `#` in its address, which no
browser sends; a referrer would not hold it either, and is not sent.

Source: W3C Content Security Policy Level 3, 6.7.3 (hashes of inline elements).
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.responses import HTMLResponse

PAGE = Path(__file__).parents[3] / "examples" / "watch.html"
LAW = PAGE.with_name("watch-law.js")

_INLINE = re.compile(r"<(script|style)\b[^>]*>(.*?)</\1>", re.DOTALL)


class WatchPage(HTMLResponse):
    """The page, under the policy it works with."""

    def __init__(self) -> None:
        body, policy = _page()
        headers = {
            "content-security-policy": policy,
            "referrer-policy": "no-referrer",
            "cache-control": "no-cache",
        }
        super().__init__(body, headers=headers)


def page() -> str:
    """The page in one piece, with the script it names laid in."""
    named = f'<script src="{LAW.name}"></script>'
    return PAGE.read_text().replace(named, f"<script>\n{LAW.read_text()}</script>")


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
def _page() -> tuple[bytes, str]:
    html = page()
    return html.encode(), policy_of(html)
