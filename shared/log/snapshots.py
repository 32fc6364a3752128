"""Streams saved and restored whole, by the server itself: sequences and times stay what they were.

    save      $JS.API.STREAM.SNAPSHOT  ->  chunks, each acknowledged, and an empty one at the end
    restore   $JS.API.STREAM.RESTORE   ->  chunks as requests, and an empty one at the end

Consumers are left out. A server saves them a moment after the messages, so that one could have
acknowledged what was not saved; those that `provision` makes anew deliver everything again, and
whoever is given a fact twice finds what is done already. Timers are left out for the same reason:
schedulers set again what the runs they are given require.

Source: NATS JetStream API, stream snapshot and restore.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from shared.errors import Conflict
from shared.log import declared
from shared.log.jetstream.connection import Connection, NatsUnavailable, connection
from shared.log.rights import BACKUP
from shared.runtime.nats_addresses import user_of

STREAMS = tuple(
    declared.STREAM_OF[store]
    for store in (
        *(declared.RUNS, declared.FLOWS, declared.BLOBS),
        *(declared.IDEMPOTENCY, declared.CREDENTIALS),
    )
)
"""What is saved, in this order: what a fact names was stored before it, so it is saved after it."""

_CHUNK_BYTES = 128 << 10
_SILENCE_SECONDS = 30.0
_NOT_FOUND = 10059


class NotEmpty(Conflict):
    """What is restored would be mixed with what is there."""

    code = "not_empty"


@dataclass(frozen=True, slots=True)
class Saved:
    """A stream as the server describes it; `since` is when the first log of its facts began."""

    name: str
    config: dict[str, Any]
    state: dict[str, Any]
    since: str


class Snapshots:
    """Saves and restores the streams of one server. Every call may raise NatsUnavailable."""

    def __init__(self, opened: Connection) -> None:
        self._connection = opened

    @asynccontextmanager
    async def save(self, name: str) -> AsyncIterator[tuple[Saved, AsyncIterator[bytes]]]:
        """A stream as it stands, and its bytes, which must be read to their end."""
        arrived: asyncio.Queue[Msg] = asyncio.Queue()
        subject = f"{BACKUP}.{secrets.token_hex(12)}"
        info = await self._ask(f"STREAM.INFO.{name}", {})
        subscribed = await self._connection.client.subscribe(subject, cb=arrived.put)
        try:
            wanted = {"deliver_subject": subject, "no_consumers": True, "chunk_size": _CHUNK_BYTES}
            answer = await self._ask(f"STREAM.SNAPSHOT.{name}", wanted)
            config, state = answer["config"], answer["state"]
            since = (config.get("metadata") or {}).get(declared.SINCE, info["created"])
            yield Saved(name, config, state, since), self._chunks(name, arrived)
        finally:
            await subscribed.unsubscribe()

    async def _chunks(self, name: str, arrived: asyncio.Queue[Msg]) -> AsyncIterator[bytes]:
        while True:
            try:
                async with asyncio.timeout(_SILENCE_SECONDS):
                    message = await arrived.get()
            except TimeoutError:
                raise NatsUnavailable(
                    f"expected more of the stream {name}, got nothing for {_SILENCE_SECONDS:g} s"
                ) from None
            if message.headers and message.headers.get("Status", "204") not in ("204", "200"):
                raise NatsUnavailable(f"NATS broke off the stream {name}: {message.headers}")
            if not message.data:
                return
            yield message.data
            if message.reply:
                await self._connection.client.publish(message.reply)

    async def require_empty(self, name: str) -> None:
        """Returns once there is no such stream; one without a message goes. Raises: NotEmpty."""
        info = await self._connection.request(f"$JS.API.STREAM.INFO.{name}", {})
        if info.get("error", {}).get("err_code") == _NOT_FOUND:
            return
        if info["state"]["messages"] or info["state"]["last_seq"]:
            raise NotEmpty(
                f"expected a NATS server without the stream {name}, got one that has "
                f"{info['state']['messages']:,} messages: restore into an empty server"
            )
        await self._ask(f"STREAM.DELETE.{name}", {})

    async def restore(self, saved: Saved, chunks: Iterable[bytes]) -> str:
        """Makes the stream, on one server; when it was created, which is now."""
        metadata = (saved.config.get("metadata") or {}) | {declared.SINCE: saved.since}
        config = {**saved.config, "num_replicas": 1, "metadata": metadata}
        wanted = {"config": config, "state": saved.state}
        into = (await self._ask(f"STREAM.RESTORE.{saved.name}", wanted))["deliver_subject"]
        for chunk in chunks:
            await self._send(into, chunk)
        return str((await self._send(into, b""))["created"])

    async def _send(self, subject: str, chunk: bytes) -> Any:
        try:
            answer = await self._connection.client.request(subject, chunk, timeout=_SILENCE_SECONDS)
        except (NatsError, OSError, TimeoutError) as error:
            raise NatsUnavailable(f"NATS did not take what was restored: {error}") from error
        return _checked(json.loads(answer.data) if answer.data else {}, "what was restored")

    async def _ask(self, what: str, body: dict[str, Any]) -> Any:
        return _checked(await self._connection.request(f"$JS.API.{what}", body, seconds=15), what)


@asynccontextmanager
async def snapshots(url: str) -> AsyncIterator[Snapshots]:
    """Of the server at `url`; who is `migrate` there logs in as `backup`, by the same password.

    Raises: NatsUnavailable.
    """
    url = url.replace("//migrate:", f"//{BACKUP}:")
    async with connection(url, user_of(url) or BACKUP) as opened:
        yield Snapshots(opened)


def _checked(answer: dict[str, Any], what: str) -> dict[str, Any]:
    if "error" in answer:
        raise NatsUnavailable(f"NATS refused {what}: {answer['error'].get('description')}")
    return answer
