"""Addresses in settings: URLs, and lists with commas of whom to believe."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, BeforeValidator, StringConstraints

# Source: PostgreSQL, libpq, connection parameters.
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_SSL_FILES = ("sslrootcert", "sslcert", "sslkey")


def split(value: object) -> object:
    """The parts of a text with commas; anything else as it is."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _without_query(url: str) -> str:
    if "?" in url or "#" in url:
        raise ValueError("expected a URL without query and fragment")
    return url.rstrip("/")


def _proxy(text: str) -> str:
    if text != "*":
        try:
            ip_network(text)
        except ValueError:
            raise ValueError("expected IP addresses, networks like 10.0.0.0/8, or *") from None
    return text


def _encrypted(url: str) -> str:
    options = {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
    if options.get("sslmode", "prefer") not in _SSL_MODES:
        raise ValueError(f"expected an sslmode of {', '.join(_SSL_MODES)}")
    for name in _SSL_FILES:
        if name in options and not Path(options[name]).is_file():
            raise ValueError(f"expected {name} to name a file, there is none at {options[name]}")
    return url


HttpUrl = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]
PublicUrl = Annotated[HttpUrl, AfterValidator(_without_query)]
OwnOrigins = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=r"^https?://[^/\s*]+$")], ...],
    BeforeValidator(split),
]
Proxies = Annotated[tuple[Annotated[str, AfterValidator(_proxy)], ...], BeforeValidator(split)]
NatsUrls = Annotated[
    str, StringConstraints(pattern=r"^(nats|tls|wss?)://\S+(,(nats|tls|wss?)://\S+)*$")
]
PostgresUrl = Annotated[
    str, StringConstraints(pattern=r"^postgres(ql)?://\S+$"), AfterValidator(_encrypted)
]
