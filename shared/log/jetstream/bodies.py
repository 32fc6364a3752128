"""Bodies too large for facts: the object stores BLOBS and FLOWS.

Source: NATS ADR-20 (object store). Names are hashes, so writing twice writes the same.
"""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode

from nats.errors import Error as NatsError
from nats.js.errors import (
    APIError,
    BucketNotFoundError,
    NotFoundError,
    ObjectDeletedError,
    ObjectNotFoundError,
)
from nats.js.object_store import ObjectStore

from shared.log.bounds import StoreFull
from shared.log.jetstream.chunks import body_of
from shared.log.jetstream.connection import NO_ROOM, Connection, NatsUnavailable

# How long each try to read a body may last; the last is for 64 MiB over a slow network.
_READ_SECONDS = (1.0, 4.0, 30.0)
_AGAIN_SECONDS = 0.1


class Bodies:
    """Named bodies in one bucket."""

    def __init__(self, connection: Connection, bucket: str) -> None:
        self._connection = connection
        self._bucket = bucket
        self._store: ObjectStore | None = None
        self._writing: dict[str, asyncio.Lock] = {}

    async def put_once(self, name: str, body: bytes) -> None:
        """Store it unless it is there; one writer a name at a time. Raises: as `put`."""
        lock = self._writing.setdefault(name, asyncio.Lock())
        try:
            async with lock:
                if await self.get(name) is None:
                    await self.put(name, body)
        finally:
            self._writing.pop(name, None)

    async def put(self, name: str, body: bytes) -> None:
        """Store it. Raises: StoreFull; NatsUnavailable."""
        try:
            store = await self._opened()
            await store.put(name, body)
        except APIError as error:
            if error.err_code in NO_ROOM:
                words = f"the store {self._bucket} has no room for {len(body):,} bytes"
                raise StoreFull(f"{words} ({error.description})") from error
            raise NatsUnavailable(f"could not store a body in {self._bucket}: {error}") from error
        except (NatsError, OSError, TimeoutError) as error:
            raise NatsUnavailable(f"could not store a body in {self._bucket}: {error}") from error

    async def get(self, name: str) -> bytes | None:
        """The body, or None. Raises: NatsUnavailable."""
        try:
            store = await self._opened()
            return await _read(self._connection, store, name)
        except (ObjectNotFoundError, ObjectDeletedError, NotFoundError):
            return None
        except (NatsError, OSError, TimeoutError) as error:
            raise NatsUnavailable(f"could not read a body of {self._bucket}: {error}") from error

    async def delete(self, name: str) -> None:
        """Delete it and every trace of it; one that is gone is no error. Raises: NatsUnavailable.

        First it is marked as deleted, so that nobody begins to read what is about to go; what was
        broken off is found by the mark and done again. A full store takes no marks: without one.
        """
        try:
            store = await self._opened()
            info = await store.get_info(name, show_deleted=True)
            if not info.deleted:
                await _mark_deleted(store, name)
            await self._purge(f"$O.{self._bucket}.C.{info.nuid}")
            await self._purge(f"$O.{self._bucket}.M.{urlsafe_b64encode(name.encode()).decode()}")
        except ObjectNotFoundError:
            return
        except (NatsError, OSError, TimeoutError) as error:
            raise NatsUnavailable(f"could not delete a body of {self._bucket}: {error}") from error

    async def _purge(self, subject: str) -> None:
        answer = await self._connection.request(
            f"$JS.API.STREAM.PURGE.OBJ_{self._bucket}", {"filter": subject}
        )
        if "error" in answer:
            words = answer["error"].get("description")
            raise NatsUnavailable(f"could not delete a body of {self._bucket}: {words}")

    async def _opened(self) -> ObjectStore:
        if self._store is None:
            try:
                self._store = await self._connection.client.jetstream().object_store(self._bucket)
            except BucketNotFoundError as error:
                words = f"the bucket {self._bucket} does not exist; run `penstock migrate`"
                raise NatsUnavailable(words) from error
        return self._store


async def _mark_deleted(store: ObjectStore, name: str) -> None:
    try:
        await store.delete(name)
    except APIError as error:
        if error.err_code not in NO_ROOM:
            raise


async def _read(connection: Connection, store: ObjectStore, name: str) -> bytes | None:
    for seconds in _READ_SECONDS:
        try:
            # A body that is written again loses its first chunks, and a replica may lag: look anew.
            async with asyncio.timeout(seconds):
                info = await store.get_info(name)
                body = await body_of(connection, info)
        except TimeoutError:
            continue
        if len(body) == info.size:
            return body
        await asyncio.sleep(_AGAIN_SECONDS)
    raise NatsUnavailable(f"body {name} cannot be read; ask again")
