"""Settings of where a worker may call: what is allowed besides public addresses, and a proxy."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

from shared.runtime.addresses import split

_PLACE = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<plain>[^:\[\]\s]+))(?::(?P<port>[0-9]{1,5}))?", re.ASCII
)
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*", re.ASCII)
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)
_EXPECTED = (
    "expected names, addresses and networks, each with a port or without, as in "
    "tools.internal, 127.0.0.1:9001, 10.0.0.0/8, [fd00::1]:8080"
)


class AllowedPlace(NamedTuple):
    """Where a worker may call though it is not public: a name or a network, on one port or any."""

    name: str | None
    network: IPv4Network | IPv6Network | None
    port: int | None


def is_number(host: str) -> bool:
    """The host is read as an IPv4 address by some programs, as `2130706433` and `0x7f.1` are.

    Source: WHATWG URL, "ends in a number".
    """
    return _NUMBER.fullmatch(host) is not None


def is_name(host: str) -> bool:
    """The host is a name in lower case, as DNS has it, and no program reads it as a number."""
    return len(host) <= 253 and bool(_NAME.fullmatch(host)) and not is_number(host)


def place(text: object) -> object:
    """The place that a text of the setting names; anything else as it is. Raises: ValueError."""
    if not isinstance(text, str):
        return text
    if network := _network(text):
        return AllowedPlace(None, network, None)
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ValueError(_EXPECTED)
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 1 <= port <= 65535:
        raise ValueError(f"expected a port from 1 to 65535, got {port}")
    host = found["six"] or found["plain"]
    if network := _network(host):
        return AllowedPlace(None, network, port)
    name = host.lower().removesuffix(".")
    if found["six"] or not is_name(name):
        raise ValueError(_EXPECTED)
    return AllowedPlace(name, None, port)


def places(texts: Iterable[str]) -> tuple[AllowedPlace, ...]:
    """The places that texts of the setting name. Raises: ValueError."""
    return tuple(each for text in texts if isinstance(each := place(text), AllowedPlace))


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return None if "%" in text else ip_network(text)  # a zone is one machine's own word
    except ValueError:
        return None


def _proxy(given: SecretStr) -> SecretStr:
    url = given.get_secret_value()
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    rest = sound and (parts.path.strip("/") or parts.query or parts.fragment)
    if not re.fullmatch(r"[!-~]+", url) or not sound or rest:
        raise ValueError("expected http://HOST:PORT or http://USER:PASSWORD@HOST:PORT")
    return given


EgressPlaces = Annotated[
    tuple[Annotated[AllowedPlace, BeforeValidator(place)], ...], BeforeValidator(split)
]
EgressProxy = Annotated[SecretStr, AfterValidator(_proxy)]
