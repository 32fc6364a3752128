"""What a URL calls. It has one spelling only, so that no two programs read it differently."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NoReturn

import httpx2

from services.agent_worker.egress.addresses import Address, canonical
from services.agent_worker.egress.errors import EgressRefused
from shared.runtime.egress import is_name, is_number

LONGEST_URL: Final = 8192
PORTS: Final = {"http": 80, "https": 443}
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")
_HOST_AND_PORT = re.compile(r"(?:\[[^\[\]]*\]|[^:\[\]]*)(?::[0-9]{0,5})?")


@dataclass(frozen=True, slots=True)
class Target:
    """`host` is a name in lower case, without the dot at its end, or an address as it is written
    canonically; `address` is there in the latter case."""

    scheme: str
    host: str
    port: int
    address: Address | None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = self.port == PORTS[self.scheme]
        return f"{self.scheme}://{host}" if default else f"{self.scheme}://{host}:{self.port}"


def parsed(url: str) -> httpx2.URL:
    """The URL, without its fragment. Raises: EgressRefused, if parsers might differ about it."""
    if len(url) > LONGEST_URL:
        _refuse(f"at most {LONGEST_URL} characters", f"{len(url)}", "url")
    # Blanks, line ends and backslashes are what parsers differ most about.
    if re.search(r"[\x00-\x20\x7f\\]", url):
        _refuse("no blanks, control characters and backslashes", "some", "url")
    try:
        found = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError, UnicodeError):
        _refuse("a host and a port that can be read", "something else", "url")
    authority = _AUTHORITY.match(url)
    if authority is None:
        _refuse("an absolute http or https URL", "something else", "scheme")
    if "@" in authority[1]:
        _refuse("no user or password", "one: send it as a header", "user_info")
    if not _HOST_AND_PORT.fullmatch(authority[1]):  # digits of other scripts are none to others
        _refuse("a host and a port that can be read", "something else", "url")
    return found.copy_with(fragment=None)


def target_of(url: httpx2.URL) -> Target:
    """What a URL calls. Raises: EgressRefused."""
    if url.scheme not in PORTS:
        _refuse("scheme http or https", url.scheme[:20] or "none", "scheme")
    if url.userinfo:
        _refuse("no user or password", "one: send it as a header", "user_info")
    port = PORTS[url.scheme] if url.port is None else url.port
    if not 1 <= port <= 65535:
        _refuse("a port from 1 to 65535", str(port), "port")
    host = url.raw_host.decode("ascii").lower()
    address = _address(host)
    if address is not None:
        return Target(url.scheme, str(address), port, address)
    name = host.removesuffix(".")
    if is_number(name):
        _refuse("an IPv4 address as four decimal numbers", "another spelling", "host")
    if not is_name(name):
        _refuse("a host name of letters, digits and hyphens", "something else", "host")
    return Target(url.scheme, name, port, None)


def _address(host: str) -> Address | None:
    try:
        return canonical(host)
    except ValueError:
        return None


def _refuse(expected: str, found: str, reason: str) -> NoReturn:
    raise EgressRefused(f"expected a URL with {expected}, got {found}", reason=reason)
