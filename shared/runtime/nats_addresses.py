"""Addresses of NATS: one server, or those of a cluster with commas, as `NATS_URL` has them."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit


class Login(NamedTuple):
    """A user and a password, as they stand in an address."""

    user: str
    password: str


def servers(urls: str) -> list[str]:
    """Each server's address."""
    return [url.strip() for url in urls.split(",")]


def login(urls: str) -> Login | None:
    """The user and password of all these addresses; None if there are none, or several.

    A server that a cluster tells of has an address without them.
    """
    parts = [urlsplit(url) for url in servers(urls)]
    found = {(part.username, part.password) for part in parts}
    user, password = found.pop()
    return Login(user, password) if not found and user and password else None


def user_of(urls: str) -> str | None:
    """Who logs in at the first of these addresses; None if nobody is named."""
    return urlsplit(servers(urls)[0]).username


def as_user(url: str, user: str, password: str) -> str:
    """A server's address for this user, in place of whomever it names."""
    return f"nats://{user}:{password}@{url.removeprefix('nats://').rpartition('@')[2]}"


def masked(urls: str) -> str:
    """The same to be shown: without users, passwords and files of certificates."""
    return ",".join(_masked(url) for url in servers(urls))


def _masked(url: str) -> str:
    scheme, found, rest = url.partition("?")[0].rpartition("@")
    return f"nats://***@{rest}" if found and scheme else rest
