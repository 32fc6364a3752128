"""Slugs of workspaces: those that nobody may have, and those made from a name."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterator

_RESERVED = """
    admin all answer api app assets audit auth console default docs events health help internal
    invites live local login logout me members metrics new none null openapi pages penstock
    public root runs session sessions settings sign-in sign-up static status support system
    tokens undefined users watch workspaces www
"""
RESERVED = frozenset(_RESERVED.split())
"""They stand, or may come to stand, for something else in an address or a setting."""

_LONGEST = 40
_TRIES = 6
_OTHERS = re.compile(r"[^a-z0-9]+")


def slugs_for(name: str) -> Iterator[str]:
    """Slugs to try for who has this name: the name, then the name with something by chance."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = _OTHERS.sub("-", letters).strip("-")[:_LONGEST].strip("-") or "user"
    if plain not in RESERVED:
        yield plain
    for _ in range(_TRIES):
        yield f"{plain}-{secrets.token_hex(2)}"
