"""Creating what the log needs on a NATS server; run again, it brings everything up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nats.js.api import KeyValueConfig, ObjectStoreConfig
from nats.js.errors import APIError

from shared.errors import Rejected
from shared.log import declared
from shared.log.bounds import UNBOUNDED, Bounds, bound_above
from shared.log.filters import matches
from shared.log.jetstream.connection import Connection, connection
from shared.log.replication import replicate
from shared.log.subjects import stored_filter

_STREAM_NOT_FOUND = 10059
_CONSUMER_NOT_FOUND = 10014
_STORE_NOT_MADE = 10049
_NO_ROOM = 10047
_STORE_TRIES = 5
# Of a full one nothing is dropped; each is read without a consumer.
_LIKE_ALL = {"discard": "new", "allow_direct": True}
_STORE_PAUSE_SECONDS = 0.2


class ServerTooOld(Rejected):
    """The NATS server lacks something the log is built on."""

    code = "nats_too_old"


class ProvisionRefused(Rejected):
    """The NATS server does not take the configuration."""

    code = "provision_refused"


class ConsumerTaken(Rejected):
    """The consumer of this name has what happens in another workspace."""

    code = "consumer_taken"


class StoreTooSmall(ProvisionRefused):
    """The NATS server offers less than the bounds of all stores together."""

    code = "store_too_small"


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What stands after provisioning; `grown` are the stores that hold more than was asked for.

    Those were given the bound, in bytes, that stands beside them.
    """

    partitions: int
    lanes: int
    created: tuple[str, ...]
    grown: Mapping[str, int]
    replicated: tuple[str, ...] = ()


async def provision(
    url: str,
    *,
    partitions: int,
    pools: tuple[str, ...],
    lanes: int = 1,
    bounds: Bounds = UNBOUNDED,
    replicas: int | None = None,
) -> Provisioned:
    """Create or update streams, consumers and buckets. Raises: Rejected, Unavailable.

    A log that has more partitions or lanes than asked for keeps them: runs live in them. One that
    has fewer gets more, and services work them without a restart. A store that holds more than its
    bound keeps all of it, and is given a higher one. Without `replicas` what is there has as many
    as it has, and what is new has one.
    """
    async with connection(url, "migrate") as opened:
        _check_version(opened)
        known = await _shape_now(opened)
        wanted_shape = partitions, lanes = max(partitions, known[0]), max(lanes, known[1])
        wanted, limits = bounds.by_store(), await _limits(opened, bounds)
        created = []
        for stream in declared.streams(*known, limits):
            created += await _ensure_stream(opened, stream)
        for stream_name, consumer in declared.consumers(partitions, pools, lanes):
            created += await _ensure_consumer(opened, stream_name, consumer)
        for bucket in declared.buckets():
            created += await _ensure_bucket(opened, bucket, limits[bucket[1]])
        # Last: where the numbers say that there is a partition or a lane, all of it is there.
        if wanted_shape != known:
            await _ensure_stream(opened, declared.streams(*wanted_shape, limits)[0])
        replicated: tuple[str, ...] = ()
        if replicas is not None:
            durable = [(s, c["name"]) for s, c in declared.consumers(partitions, pools, lanes)]
            replicated = await replicate(opened, replicas, durable)
        grown = {store: limit for store, limit in limits.items() if limit != wanted[store]}
        return Provisioned(partitions, lanes, tuple(created), grown, replicated)


async def provision_external(url: str, name: str, workspace: str, *filters: str) -> str:
    """Create or update the consumer of another program; its name. Raises: Rejected, Unavailable.

    `url` is that of `migrate`, the only one who may. What a consumer has not delivered yet goes to
    whoever works it off, so one of another workspace is refused: ConsumerTaken.
    """
    consumer = declared.external_consumer(name, filters)
    async with connection(url, "migrate") as opened:
        info = await opened.request(_info_of(declared.RUNS, consumer["name"]), {})
        if not all(matches(stored_filter(workspace), each) for each in _filters_in(info)):
            raise ConsumerTaken(
                f"expected a consumer of workspace {workspace}, got {name}, which is another "
                "workspace's: take another name"
            )
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


async def _shape_now(opened: Connection) -> tuple[int, int]:
    """How many partitions and lanes the log has."""
    answer = await opened.request(f"$JS.API.STREAM.INFO.{declared.RUNS}", {})
    metadata = answer.get("config", {}).get("metadata") or {}
    return int(metadata.get(declared.PARTITIONS, 0)), int(metadata.get(declared.LANES, 0))


async def _limits(opened: Connection, bounds: Bounds) -> dict[str, int]:
    """What each store is to be limited to, in bytes: its bound, or more if it holds more."""
    limits = {}
    for store, wanted in bounds.by_store().items():
        info = await opened.request(f"$JS.API.STREAM.INFO.{declared.STREAM_OF[store]}", {})
        held = int(info["state"]["bytes"]) if "state" in info else 0
        limits[store] = bound_above(wanted, held)
    return limits


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
    info = await opened.request(_info_of(stream, name), {})
    body = {"stream_name": stream, "config": config}
    answer = await opened.request(f"$JS.API.CONSUMER.CREATE.{stream}.{name}", body, seconds=15)
    _refuse_errors(answer, f"the consumer {name}")
    return [name] if _is(info, _CONSUMER_NOT_FOUND) else []


async def _ensure_bucket(opened: Connection, bucket: tuple[str, str, int], limit: int) -> list[str]:
    kind, name, seconds = bucket
    stream = declared.STREAM_OF[name]
    info = await opened.request(f"$JS.API.STREAM.INFO.{stream}", {})
    if not _is(info, _STREAM_NOT_FOUND):
        config = {**info["config"], **_LIKE_ALL, "max_bytes": limit}
        if config != info["config"]:
            answer = await opened.request(f"$JS.API.STREAM.UPDATE.{stream}", config, seconds=15)
            _refuse_errors(answer, f"the bucket {name}")
        return []
    jetstream, life = opened.client.jetstream(), seconds or None
    try:
        if kind == "kv":
            kv = KeyValueConfig(bucket=name, ttl=life, max_bytes=limit, direct=True)
            await jetstream.create_key_value(kv)
        else:
            store = ObjectStoreConfig(bucket=name, ttl=life, max_bytes=limit)
            await jetstream.create_object_store(name, config=store)
    except APIError as error:
        raise _refusal(f"the bucket {name}", error.err_code, str(error)) from error
    return [name]


def _info_of(stream: str, consumer: str) -> str:
    return f"$JS.API.CONSUMER.INFO.{stream}.{consumer}"


def _filters_in(info: dict[str, Any]) -> list[str]:
    """What a consumer delivers; nothing, where there is none."""
    config = info.get("config", {})
    one: str | None = config.get("filter_subject")
    several: list[str] = config.get("filter_subjects") or []
    return [one] if one else several


def _is(answer: dict[str, Any], code: int) -> bool:
    return bool(answer.get("error", {}).get("err_code") == code)


def _refuse_errors(answer: dict[str, Any], what: str) -> None:
    error = answer.get("error")
    if error is not None:
        raise _refusal(what, error.get("err_code"), error.get("description", "no reason given"))


def _refusal(what: str, code: int | None, words: str) -> Rejected:
    if code == _NO_ROOM:
        return StoreTooSmall(
            f"NATS does not offer room for the bound of {what} beside the others ({words}): raise "
            "max_file_store, or lower PENSTOCK_MAX_LOG_BYTES, PENSTOCK_MAX_BLOB_BYTES and their "
            "like; nothing that is stored is lost"
        )
    return ProvisionRefused(f"NATS refused {what}: {words}; see deploy/nats.conf")
