"""Everything the log needs on a NATS server, as data: streams, consumers, buckets.

Names and settings stand here once; `provision` creates what is missing, the adapters only name it.

Source: NATS JetStream API, stream and consumer configuration; ADR-8 (KV), ADR-20 (object store).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

from shared.log.queues import names_of, queues_of
from shared.log.subjects import (
    DECIDING,
    FIRED,
    LIFECYCLE,
    REPUBLISHED,
    SCHEDULED,
    STORED,
    partition_filter,
    ready_filter,
)

RUNS = "RUNS"
TIMERS = "TIMERS"
BLOBS = "BLOBS"
FLOWS = "FLOWS"
IDEMPOTENCY = "IDEMPOTENCY"
CREDENTIALS = "CREDENTIALS"
QUEUES = "QUEUES"

LEADER_ELECTED = f"$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED.{RUNS}"
"""Where a server says that it leads the log from now on."""

SINCE = "penstock.since"
"""In the metadata of a restored stream: when the stream was created whose messages it has."""

PARTITIONS, LANES = "penstock.partitions", "penstock.lanes"
"""In the metadata of RUNS: how many it has."""

DELTA_SECONDS = 3600
PROGRESS_SECONDS = 60
IDEMPOTENCY_SECONDS = 86_400
PIN_GROUP = "owner"
PIN_SECONDS = 3.0
ACK_SECONDS = 5.0
OWNED_ACK_SECONDS = 10.0
OLDEST_SERVER = (2, 14, 0)

_SECOND = 1_000_000_000
_DAY = 86_400 * _SECOND


def streams(partitions: int, lanes: int, limits: Mapping[str, int]) -> list[dict[str, Any]]:
    """The streams, with their limits in bytes.

    `partitions` and `lanes` are kept in the metadata of RUNS: they may grow, never shrink.
    """
    return [
        {
            "name": RUNS,
            "subjects": [STORED],
            "retention": "limits",
            "storage": "file",
            "discard": "new",
            "max_age": 40 * _DAY,
            "max_bytes": limits[RUNS],
            "allow_direct": True,
            "allow_msg_ttl": True,
            "num_replicas": 1,
            "republish": REPUBLISHED,
            "metadata": {PARTITIONS: str(partitions), LANES: str(lanes)},
        },
        {
            "name": TIMERS,
            "subjects": [SCHEDULED, FIRED],
            "retention": "limits",
            "storage": "file",
            # The server takes no discard `new` beside schedules: full, it would drop the oldest
            # timers. So no new runs are taken long before, and no limit is set below what is held.
            "max_bytes": limits[TIMERS],
            "max_age": 40 * _DAY,
            "allow_direct": True,
            "allow_msg_ttl": True,
            "allow_msg_schedules": True,
            "num_replicas": 1,
        },
    ]


def scheduler_consumer(partition: int) -> str:
    """The durable consumer of a partition's deciding facts."""
    return f"scheduler-{partition}"


def work_consumer(pool: str, queue: str = "shared") -> str:
    """The durable consumer of a queue of ready steps."""
    return f"work-{pool}-{queue}"


def projector_consumer(partition: int) -> str:
    """The durable consumer of a partition's lifecycle facts, begun anew by each who copies them."""
    return f"projector-{partition}"


FIRINGS = "firings"


def consumers(
    partitions: int, pools: tuple[str, ...], lanes: int
) -> list[tuple[str, dict[str, Any]]]:
    """The durable consumers, each with its stream."""
    durable = [(RUNS, _partition(number)) for number in range(partitions)]
    durable += [(RUNS, _replayed(number)) for number in range(partitions)]
    for pool, queue in product(pools, queues_of(lanes)):
        filters = [ready_filter(pool, queue)]
        durable.append((RUNS, _durable(work_consumer(pool, queue), filters, ack_wait=_ack_wait())))
    durable.append((TIMERS, _durable(FIRINGS, [FIRED], ack_wait=_ack_wait())))
    return durable


def limited_consumer(pool: str, queue: str, *, most: int | None, after: int) -> dict[str, Any]:
    """The consumer of a queue of limited steps: `most` are in flight at once, None is any number.

    It begins behind the sequence `after`: what is before is another workspace's, and is done.
    """
    filters = [ready_filter(pool, name) for name in names_of(queue)]
    begin: dict[str, Any] = {"deliver_policy": "by_start_sequence", "opt_start_seq": after + 1}
    pending = -1 if most is None else most
    name = work_consumer(pool, queue)
    return _durable(name, filters, ack_wait=_ack_wait(), max_ack_pending=pending, **begin)


def _partition(number: int) -> dict[str, Any]:
    return _durable(
        scheduler_consumer(number),
        [partition_filter(number, rest) for rest in DECIDING],
        ack_wait=2 * _ack_wait(),
        priority_groups=[PIN_GROUP],
        priority_policy="pinned_client",
        priority_timeout=int(PIN_SECONDS * _SECOND),
    )


def _replayed(number: int) -> dict[str, Any]:
    """Without acks: what is behind the projector's own position comes again after a reset."""
    filters = [partition_filter(number, rest) for rest in LIFECYCLE]
    return {**_durable(projector_consumer(number), filters), "ack_policy": "none"}


def external_consumer(name: str, filters: Iterable[str]) -> dict[str, Any]:
    """The durable pull consumer of another program: it hears what passes one of the filters."""
    return _durable(f"{EXTERNAL}{name}", list(filters), ack_wait=30 * _SECOND)


EXTERNAL = "ext-"
"""What the names of other programs' consumers begin with."""


def _ack_wait() -> int:
    return int(ACK_SECONDS * _SECOND)


def _durable(name: str, filters: list[str], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "durable_name": name,
        "ack_policy": "explicit",
        "deliver_policy": "all",
        "filter_subjects": filters,
        "max_deliver": -1,
        "max_ack_pending": -1,
        "max_waiting": 2048,
        **more,
    }


STREAM_OF: Mapping[str, str] = {
    RUNS: RUNS,
    TIMERS: TIMERS,
    BLOBS: f"OBJ_{BLOBS}",
    FLOWS: f"OBJ_{FLOWS}",
    IDEMPOTENCY: f"KV_{IDEMPOTENCY}",
    CREDENTIALS: f"KV_{CREDENTIALS}",
    QUEUES: f"KV_{QUEUES}",
}
"""Every store, a stream or a bucket, by name: the stream it is kept in."""


def buckets() -> list[tuple[str, str, int]]:
    """The buckets: kind (`object` or `kv`), name, seconds to keep an entry (0: for ever)."""
    return [
        ("object", BLOBS, 40 * 86_400),
        ("object", FLOWS, 0),
        ("kv", IDEMPOTENCY, IDEMPOTENCY_SECONDS),
        ("kv", CREDENTIALS, 0),
        ("kv", QUEUES, 0),
    ]
