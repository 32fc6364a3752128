"""The queues that steps wait in: a fixed pool of names, and which of them a run gets.

    shared, shared1 ... shared7    lanes: workspaces are spread over those there are, by a hash
    batch, batch1 ... batch7       the same for batch runs, which give way to all others
    limited, limited1 ...          each of one workspace, whose steps in flight are limited

Lane 0 is called as the only queue once was. Batch runs of a limited workspace wait in its one
queue, for one consumer counts what is in flight; they name it `batch-limited`, so that it is known
what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from zlib import crc32

Priority = Literal["interactive", "batch"]

MOST_LANES = 8
MOST_LIMITED = 32
SHARED, BATCH, LIMITED = "shared", "batch", "limited"


def lanes_of(lanes: int) -> tuple[str, ...]:
    """The interactive queues of a log with so many lanes; of one made before lanes, `shared`."""
    return tuple(_named(SHARED, lane) for lane in range(max(lanes, 1)))


def batches_of(lanes: int) -> tuple[str, ...]:
    """The queues of batch runs; a log made before lanes has none."""
    return tuple(_named(BATCH, lane) for lane in range(lanes))


def queues_of(lanes: int) -> tuple[str, ...]:
    """All queues of a pool."""
    return (*lanes_of(lanes), *batches_of(lanes))


def queue_for(workspace: str, priority: Priority, lanes: int) -> str:
    """Where the steps of a new run are to wait.

    Without lanes in the log that is `shared` for batch runs too.
    """
    queues = (priority == "batch" and batches_of(lanes)) or lanes_of(lanes)
    return queues[crc32(workspace.encode()) % len(queues)]


def named_in(queue: str, priority: Priority) -> str:
    """How a new run of its workspace names a queue of limited steps."""
    return f"{BATCH}-{queue}" if priority == "batch" else queue


def is_limited(queue: str) -> bool:
    """It is one workspace's, whose steps in flight are limited."""
    return queue.startswith(LIMITED)


def names_of(queue: str) -> tuple[str, ...]:
    """All that runs call a queue."""
    return (queue, named_in(queue, "batch")) if is_limited(queue) else (queue,)


def priority_of(queue: str) -> Priority:
    """What the name of a queue says of its runs."""
    return "batch" if queue.startswith(BATCH) else "interactive"


def _named(name: str, lane: int) -> str:
    return f"{name}{lane or ''}"


LIMITED_QUEUES: Sequence[str] = tuple(_named(LIMITED, number) for number in range(MOST_LIMITED))
"""Those of workspaces whose steps in flight are limited."""

EVERY_QUEUE: Sequence[str] = (*queues_of(MOST_LANES), *LIMITED_QUEUES)
"""All that there may be: the pool of names that rights are given for."""
