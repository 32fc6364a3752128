"""Which instance works which partition: the highest rendezvous hash among those alive.

Liveness only. Two owners at once do no harm: the pin lets one of them pull, and the log records
each fact once.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b


def owner_of(partition: int, instances: Iterable[str]) -> str:
    """The instance that works a partition; the same for everyone who asks. Needs one instance."""
    return max(instances, key=lambda name: (_weight(partition, name), name))


def owned_by(name: str, partitions: int, instances: Iterable[str]) -> frozenset[int]:
    """The partitions an instance works."""
    alive = tuple(instances)
    return frozenset(p for p in range(partitions) if owner_of(p, alive) == name)


def _weight(partition: int, name: str) -> bytes:
    return blake2b(f"{name}/{partition}".encode(), digest_size=8).digest()
