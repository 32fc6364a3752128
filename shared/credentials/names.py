"""What a key or a secret is called, and whose it is."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["provider", "secret"]
NAME = r"^[A-Za-z_][A-Za-z0-9_-]{0,62}$"
"""What a secret may be called: one word, which is no path and no address."""


class CredentialName(NamedTuple):
    """A key of a provider (`name` is the provider's) or a secret, of one workspace."""

    workspace: str
    kind: Kind
    name: str

    @property
    def whole(self) -> str:
        """All of it as one text, which no other name has: none of the parts has a slash."""
        return "/".join(self)
