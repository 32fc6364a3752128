"""How many servers of a cluster keep each stream, and with it its consumers and its bucket.

Replicas are added and taken away while everything goes on: the server copies a stream to a new
one, which counts once it has all of it.

Source: NATS JetStream API, stream update (`num_replicas`), stream and consumer info (`cluster`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from shared.errors import Rejected
from shared.log import declared
from shared.log.jetstream.connection import Connection, NatsUnavailable

_INFO, _UPDATE = "$JS.API.STREAM.INFO", "$JS.API.STREAM.UPDATE"
_CONSUMER = "$JS.API.CONSUMER.INFO"
_LOOK_SECONDS = 0.25
# A stream of some gigabytes is copied in minutes; `migrate` goes on where it was broken off.
_MOST_LOOKS = 2400
_CONSUMER_NOT_FOUND = 10014


class ReplicasRefused(Rejected):
    """The NATS servers cannot keep so many copies."""

    code = "replicas_refused"


async def replicate(
    opened: Connection, replicas: int, consumers: Iterable[tuple[str, str]]
) -> tuple[str, ...]:
    """Have so many servers keep every stream; those changed, once all copies are whole.

    `consumers` are durable ones, each with its stream: they follow it. Raises: ReplicasRefused,
    NatsUnavailable.
    """
    streams = declared.STREAM_OF.values()
    changed = [name for name in streams if await _set(opened, name, replicas)]
    for name in streams:
        await _whole(opened, f"{_INFO}.{name}", replicas)
    for stream, consumer in consumers:
        await _whole(opened, f"{_CONSUMER}.{stream}.{consumer}", replicas)
    return tuple(changed)


async def _set(opened: Connection, stream: str, replicas: int) -> bool:
    info = await opened.request(f"{_INFO}.{stream}", {})
    config = _answered(info, stream, replicas)["config"]
    if config["num_replicas"] == replicas:
        return False
    update = {**config, "num_replicas": replicas}
    _answered(await opened.request(f"{_UPDATE}.{stream}", update, seconds=15), stream, replicas)
    return True


def _answered(answer: dict[str, Any], stream: str, replicas: int) -> dict[str, Any]:
    error = answer.get("error")
    if error is not None:
        raise ReplicasRefused(
            f"expected {replicas} servers that can keep {stream}, found otherwise: "
            f"{error.get('description')}; PENSTOCK_REPLICAS=3 needs a cluster of three with room, "
            "as deploy/nats-cluster.conf makes one"
        )
    return answer


async def _whole(opened: Connection, question: str, replicas: int) -> None:
    """Returns once so many servers have all of it."""
    found = 0
    for _ in range(_MOST_LOOKS):
        info = await opened.request(question, {})
        if info.get("error", {}).get("err_code") == _CONSUMER_NOT_FOUND:
            # It is on its way to the servers that are to keep it.
            info = {}
        found = _copies(info)
        if found == replicas:
            return
        await asyncio.sleep(_LOOK_SECONDS)
    raise NatsUnavailable(
        f"expected {replicas} whole copies, found {found} ({question.rpartition('INFO.')[2]}); "
        "look at the servers, then run `penstock migrate` again"
    )


def _copies(info: dict[str, Any]) -> int:
    """How many servers have all of it; 0 while it has no leader, or one copy is not yet whole."""
    if "error" in info or not info:
        return 0
    cluster = info.get("cluster") or {}
    others = cluster.get("replicas") or []
    if "cluster" in info and not cluster.get("leader"):
        return 0
    if any(not each.get("current") or each.get("offline") for each in others):
        return 0
    return 1 + len(others)
