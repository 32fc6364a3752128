"""A name into addresses that may be called, or a refusal."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeAlias

from services.agent_worker.egress.addresses import Address, canonical, why_not_public
from services.agent_worker.egress.errors import EgressRefused, EgressUnresolved
from services.agent_worker.egress.targets import Target
from shared.runtime.egress import AllowedPlace

LOOKUP_SECONDS: Final = 5.0
MOST_ADDRESSES: Final = 8  # of a name that are tried

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""A name and a port into addresses as texts, in the order in which to try them.

Raises: OSError, where the name has none.
"""

# A name server that never answers holds a thread: one of these, and none that others work with.
_LOOKUPS = ThreadPoolExecutor(max_workers=32, thread_name_prefix="egress-lookup")


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """What the system says of a name, be it from DNS or from its hosts file."""
    found = await asyncio.get_running_loop().run_in_executor(_LOOKUPS, _looked_up, host, port)
    return tuple(dict.fromkeys(found))


def _looked_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Guard:
    """Says what may be called: what is public, and what `allowed` names.

    A name of which one address is refused is refused whole. Such a name is a mistake or an attack,
    and to pick among its addresses would have chance decide which.
    """

    def __init__(
        self,
        allowed: Sequence[AllowedPlace] = (),
        resolver: Resolver = system_resolver,
        *,
        lookup_seconds: float = LOOKUP_SECONDS,
    ) -> None:
        self._allowed = tuple(allowed)
        self._resolver = resolver
        self._lookup_seconds = lookup_seconds

    async def resolve(self, target: Target) -> tuple[Address, ...]:
        """The addresses to connect to, at least one, after one look-up.

        Raises: EgressRefused, EgressUnresolved.
        """
        if target.address is not None:
            self._require(target, target.address)
            return (target.address,)
        addresses = await self._addresses(target)
        for address in addresses:
            self._require(target, address)
        return addresses[:MOST_ADDRESSES]

    async def _addresses(self, target: Target) -> tuple[Address, ...]:

        try:
            async with asyncio.timeout(self._lookup_seconds):
                found = await self._resolver(target.host, target.port)
            addresses = tuple(dict.fromkeys(map(canonical, found)))
        except TimeoutError:
            within = f"within {self._lookup_seconds:g} s"
            message = f"expected an address of {target.host} {within}, got none"
            raise EgressUnresolved(message) from None
        except (OSError, ValueError):  # the latter for UnicodeError, and an address with a zone
            addresses = ()
        if not addresses:
            raise EgressUnresolved(f"expected {target.host} to have an address, got none")
        return addresses

    def _require(self, target: Target, address: Address) -> None:
        reason = why_not_public(address)
        if reason is None or any(_allows(each, target, address) for each in self._allowed):
            return
        whose = "" if target.address else " of the name"
        message = f"expected a public address{whose} in {target}, got one that is {_words(reason)}"
        raise EgressRefused(f"{message}; PENSTOCK_EGRESS_ALLOW allows more", reason=reason)


def _words(reason: str) -> str:
    return reason.replace("_", "-")


def _allows(place: AllowedPlace, target: Target, address: Address) -> bool:
    if place.port not in (None, target.port):
        return False
    if place.network is not None:
        return address in place.network
    return place.name == target.host
