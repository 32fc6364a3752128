"""What a redirect makes of a request, and what it must not.

Source: RFC 9110, 15.4 (methods and bodies); RFC 9700, 4.12 (what is secret does not travel).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import httpx2

from services.agent_worker.egress.errors import EgressRefused
from services.agent_worker.egress.targets import Target, parsed, target_of

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# All that another origin is sent: a header that nobody marked as secret may be one all the same.
_TRAVELS = frozenset({"accept", "accept-language", "user-agent", "idempotency-key"})
_OF_A_BODY = "content-"
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class Hop:
    """One request of a call: what is sent, and to whom."""

    method: str
    url: httpx2.URL
    target: Target
    headers: Mapping[str, str]
    body: bytes | None


def first_hop(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Hop:
    """Raises: EgressRefused."""
    found = parsed(url)
    return Hop(method, found, target_of(found), headers, body)


def next_hop(hop: Hop, status: int, location: str) -> Hop:
    """The request that a redirect asks for. Raises: EgressRefused."""
    url = _joined(hop, location)
    target = target_of(url)
    if hop.target.scheme == "https" and target.scheme == "http":
        message = f"expected a redirect that stays encrypted, got one from {hop.target} to {target}"
        raise EgressRefused(message, reason="downgrade")
    moved = replace(hop, url=url, target=target)
    if _becomes_get(hop.method, status):
        kept = {k: v for k, v in hop.headers.items() if not k.lower().startswith(_OF_A_BODY)}
        moved = replace(moved, method="GET", body=None, headers=kept)
    return moved if target == hop.target else _to_another_origin(moved, hop.target)


def _joined(hop: Hop, location: str) -> httpx2.URL:
    try:
        joined = str(hop.url.join(location))
    except (httpx2.InvalidURL, ValueError, UnicodeError):
        message = f"expected a redirect to a URL, got one of {hop.target} that cannot be read"
        raise EgressRefused(message, reason="url") from None
    # Joined, a user and a backslash of the location would be percent-encoded.
    return parsed(location if _ABSOLUTE.match(location) else joined)


def _becomes_get(method: str, status: int) -> bool:
    return (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST")


def _to_another_origin(moved: Hop, origin: Target) -> Hop:
    if moved.method not in SAFE or moved.body is not None:
        message = (
            f"expected a redirect of {moved.method} to stay at {origin}, got one to {moved.target}"
        )
        raise EgressRefused(message, reason="repeated_elsewhere")
    kept = {k: v for k, v in moved.headers.items() if k.lower() in _TRAVELS}
    return replace(moved, headers=kept)
