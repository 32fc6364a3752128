"""Addresses in settings: URLs, and lists with commas of whom to believe."""

from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints


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


HttpUrl = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]
PublicUrl = Annotated[HttpUrl, AfterValidator(_without_query)]
Proxies = Annotated[tuple[Annotated[str, AfterValidator(_proxy)], ...], BeforeValidator(split)]
NatsUrls = Annotated[
    str, StringConstraints(pattern=r"^(nats|tls|wss?)://\S+(,(nats|tls|wss?)://\S+)*$")
]
PostgresUrl = Annotated[str, StringConstraints(pattern=r"^postgres(ql)?://\S+$")]
