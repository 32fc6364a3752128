"""Which addresses are not public, and why.

Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), RFC 4291, RFC 6052.
An IPv6 address that carries an IPv4 address is judged, and called, as what it carries, where the
system itself would; where a gateway elsewhere would translate it, it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

NOT_PUBLIC: Final[Mapping[str, tuple[Network, ...]]] = {
    reason: tuple(ip_network(each) for each in networks.split())
    for reason, networks in {
        "unspecified": "0.0.0.0/8 ::/128",
        "loopback": "127.0.0.0/8 ::1/128",
        "private": "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7",
        "link_local": "169.254.0.0/16 fe80::/10",
        "shared": "100.64.0.0/10",
        "site_local": "fec0::/10",
        "multicast": "224.0.0.0/4 ff00::/8",
        "broadcast": "255.255.255.255/32",
        "documentation": "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20",
        "benchmarking": "198.18.0.0/15 2001:2::/48",
        "translated": "64:ff9b::/96 64:ff9b:1::/48 2001::/32 2002::/16 192.88.99.0/24",
        "reserved": "192.0.0.0/24 240.0.0.0/4 100::/64 100:0:0:1::/64 2001::/23 5f00::/16",
    }.items()
}
"""Networks by reason, in the order in which they are looked through."""

_GLOBAL_UNICAST = ip_network("2000::/3")
_CARRIES = (ip_network("::ffff:0:0/96"), ip_network("::/96"))  # IPv4-mapped, IPv4-compatible


def canonical(text: str) -> Address:
    """The address that is connected to: IPv4, where an IPv6 address carries one.

    Raises: ValueError, for what is no address, or one that holds for one interface only.
    """
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return address
    if address.scope_id is not None:
        raise ValueError("expected an address without a zone")
    in_low_bits = any(address in network for network in _CARRIES)
    if in_low_bits and int(address) > 1:  # :: and ::1 carry none
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def why_not_public(address: Address) -> str | None:
    """The reason for which a canonical address is not public; None if it is."""
    for reason, networks in NOT_PUBLIC.items():
        if any(address in network for network in networks):
            return reason
    return "reserved" if address.version == 6 and address not in _GLOBAL_UNICAST else None
