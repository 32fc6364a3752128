"""Bodies too large for facts: the object stores BLOBS and FLOWS.

Source: NATS ADR-20 (object store). Names are hashes, so writing twice writes the same.
"""

from __future__ import annotations

from nats.errors import Error as NatsError
from nats.js.errors import (
    BucketNotFoundError,
    NotFoundError,
    ObjectDeletedError,
    ObjectNotFoundError,
)
from nats.js.object_store import ObjectStore

from shared.log.jetstream.connection import Connection, NatsUnavailable


class Bodies:
    """Named bodies in one bucket."""

    def __init__(self, connection: Connection, bucket: str) -> None:
        self._connection = connection
        self._bucket = bucket
        self._store: ObjectStore | None = None

    async def put(self, name: str, body: bytes) -> None:
        """Store it. Raises: NatsUnavailable."""
        try:
            store = await self._opened()
            await store.put(name, body)
        except (NatsError, OSError, TimeoutError) as error:
            raise NatsUnavailable(f"could not store a body in {self._bucket}: {error}") from error

    async def get(self, name: str) -> bytes | None:
        """The body, or None. Raises: NatsUnavailable."""
        try:
            store = await self._opened()
            found = await store.get(name)
        except (ObjectNotFoundError, ObjectDeletedError, NotFoundError):
            return None
        except (NatsError, OSError, TimeoutError) as error:
            raise NatsUnavailable(f"could not read a body of {self._bucket}: {error}") from error
        return found.data

    async def _opened(self) -> ObjectStore:
        if self._store is None:
            try:
                self._store = await self._connection.client.jetstream().object_store(self._bucket)
            except BucketNotFoundError as error:
                words = f"the bucket {self._bucket} does not exist; run `penstock migrate`"
                raise NatsUnavailable(words) from error
        return self._store
