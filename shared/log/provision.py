"""Creating what the log needs on a NATS server; run again, it brings everything up to date."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from nats.js.api import KeyValueConfig, ObjectStoreConfig
from nats.js.errors import BadRequestError, BucketNotFoundError, NotFoundError

from shared.errors import Rejected
from shared.log import declared
from shared.log.jetstream.connection import Connection, connection
from shared.log.replication import replicate

_STREAM_NOT_FOUND = 10059
_CONSUMER_NOT_FOUND = 10014
_STORE_NOT_MADE = 10049
_STORE_TRIES = 5
_STORE_PAUSE_SECONDS = 0.2


class ServerTooOld(Rejected):
    """The NATS server lacks something the log is built on."""

    code = "nats_too_old"


class ProvisionRefused(Rejected):
    """The NATS server does not take the configuration."""

    code = "provision_refused"


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What stands after provisioning."""

    partitions: int
    created: tuple[str, ...]
    replicated: tuple[str, ...] = ()


async def provision(
    url: str,
    *,
    partitions: int,
    pools: tuple[str, ...],
    max_bytes: int = -1,
    replicas: int | None = None,
) -> Provisioned:
    """Create or update streams, consumers and buckets. Raises: Rejected, Unavailable.

    A log that has more partitions than asked for keeps them: runs live in them. One that has fewer
    gets more, and services work them without a restart. Without `replicas`
    what is there has as many as it has, and what is new has one.
    """
    async with connection(url, "migrate") as opened:
        _check_version(opened)
        known = await _partitions_now(opened)
        partitions = max(partitions, known)
        created = []
        for stream in declared.streams(known, max_bytes):
            created += await _ensure_stream(opened, stream)
        for stream_name, consumer in declared.consumers(partitions, pools):
            created += await _ensure_consumer(opened, stream_name, consumer)
        for kind, name, seconds in declared.buckets():
            created += await _ensure_bucket(opened, kind, name, seconds)
        # Last: where the number says that there is a partition, everything of it is there.
        if partitions > known:
            await _ensure_stream(opened, declared.streams(partitions, max_bytes)[0])
        replicated: tuple[str, ...] = ()
        if replicas is not None:
            durable = [(s, c["name"]) for s, c in declared.consumers(partitions, pools)]
            replicated = await replicate(opened, replicas, durable)
        return Provisioned(partitions, tuple(created), replicated)


async def provision_external(url: str, name: str, subject_filter: str) -> str:
    """Create or update the consumer of another program; its name. Raises: Rejected, Unavailable.

    `url` is that of `migrate`, the only one who may.
    """
    consumer = declared.external_consumer(name, subject_filter)
    async with connection(url, "migrate") as opened:
        await _ensure_consumer(opened, declared.RUNS, consumer)
    return str(consumer["name"])


def _check_version(opened: Connection) -> None:
    found = opened.client.connected_server_version
    version = (found.major, found.minor, found.patch)
    if version < declared.OLDEST_SERVER:
        wanted = ".".join(map(str, declared.OLDEST_SERVER))
        raise ServerTooOld(
            f"expected nats-server {wanted} or newer (scheduled messages, batched Direct Get), "
            f"found {'.'.join(map(str, version))}; upgrade the server"
        )


async def _partitions_now(opened: Connection) -> int:
    answer = await opened.request(f"$JS.API.STREAM.INFO.{declared.RUNS}", {})
    metadata = answer.get("config", {}).get("metadata") or {}
    return int(metadata.get("penstock.partitions", 0))


async def _ensure_stream(opened: Connection, config: dict[str, Any]) -> list[str]:
    name = config["name"]
    info = await opened.request(f"$JS.API.STREAM.INFO.{name}", {})
    verb = "CREATE" if _is(info, _STREAM_NOT_FOUND) else "UPDATE"
    if verb == "UPDATE":
        found = info["config"]
        metadata = (found.get("metadata") or {}) | config.get("metadata", {})
        replicas = found["num_replicas"]
        config = {**found, **config, "num_replicas": replicas, "metadata": metadata}
    for _ in range(_STORE_TRIES):
        answer = await opened.request(f"$JS.API.STREAM.{verb}.{name}", config, seconds=15)
        if not _is(answer, _STORE_NOT_MADE):
            break
        # One of this name was deleted a moment ago, and its files are still on their way out.
        await asyncio.sleep(_STORE_PAUSE_SECONDS)
    _refuse_errors(answer, f"the stream {name}")
    return [name] if verb == "CREATE" else []


async def _ensure_consumer(opened: Connection, stream: str, config: dict[str, Any]) -> list[str]:
    name = config["name"]
    info = await opened.request(f"$JS.API.CONSUMER.INFO.{stream}.{name}", {})
    body = {"stream_name": stream, "config": config}
    answer = await opened.request(f"$JS.API.CONSUMER.CREATE.{stream}.{name}", body, seconds=15)
    _refuse_errors(answer, f"the consumer {name}")
    return [name] if _is(info, _CONSUMER_NOT_FOUND) else []


async def _ensure_bucket(opened: Connection, kind: str, name: str, seconds: int) -> list[str]:
    jetstream = opened.client.jetstream()
    try:
        if kind == "kv":
            await jetstream.key_value(name)
        else:
            await jetstream.object_store(name)
    except (BucketNotFoundError, NotFoundError):
        pass
    else:
        return []
    try:
        if kind == "kv":
            await jetstream.create_key_value(KeyValueConfig(bucket=name, ttl=seconds or None))
        else:
            await jetstream.create_object_store(
                name, config=ObjectStoreConfig(bucket=name, ttl=seconds or None)
            )
    except BadRequestError as error:
        raise ProvisionRefused(f"NATS refused the bucket {name}: {error}") from error
    return [name]


def _is(answer: dict[str, Any], code: int) -> bool:
    return bool(answer.get("error", {}).get("err_code") == code)


def _refuse_errors(answer: dict[str, Any], what: str) -> None:
    error = answer.get("error")
    if error is not None:
        words = error.get("description", "no reason given")
        raise ProvisionRefused(f"NATS refused {what}: {words}; see deploy/nats.conf")
