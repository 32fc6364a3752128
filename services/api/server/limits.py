"""What the server allows one client, and all of them together: docs/reference/limits.md."""

from __future__ import annotations

import resource
from dataclasses import dataclass

MIB = 1 << 20
# Descriptors that are not for clients: NATS, Postgres, files, what libraries open.
RESERVED_DESCRIPTORS = 256
FEWEST_CONNECTIONS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes, counts, seconds. Every one has a row in docs/reference/limits.md."""

    # Heads
    head_bytes: int = 64 << 10
    headers: int = 100
    head_seconds: float = 10.0
    pipelined: int = 16
    # Bodies
    body_silent_seconds: float = 20.0
    body_seconds: float = 900.0
    # Making a run of a body costs three times its size and a bit, for a moment.
    bodies_bytes: int = 128 * MIB
    free_body_bytes: int = 64 << 10
    # Connections
    connections: int = 10_000
    evictable_after_seconds: float = 1.0
    keep_alive_seconds: float = 75.0
    backlog: int = 2048
    # Ends: how long and how much a client may go on sending to whom nothing more is said.
    discard_seconds: float = 5.0
    discard_bytes: int = 80 * MIB
    grace_seconds: float = 4.0
    # What the kernel takes from us for one client: not yet sent, and in all with what is under way.
    unsent_bytes: int = 1 << 16
    send_buffer_bytes: int = 1 << 18
    # A client that takes nothing for so long, of what the kernel holds for it, is gone.
    takes_nothing_seconds: float = 30.0


LIMITS = Limits()


def connections_within(most: int) -> int:
    """How many clients this process has descriptors for, up to `most`.

    The soft limit is raised towards the hard one first: many systems set it to 1,024.
    Source: getrlimit(2).
    """
    wanted = most + RESERVED_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return most
    raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    except (OSError, ValueError):
        raised = soft
    return max(FEWEST_CONNECTIONS, min(most, raised - RESERVED_DESCRIPTORS))
