"""Deleting entries by sequence, several requests under way at a time.

Source: NATS JetStream API, STREAM.MSG.DELETE with `no_erase`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from shared.log import declared
from shared.log.jetstream.connection import Connection, NatsUnavailable

_DELETE = f"$JS.API.STREAM.MSG.DELETE.{declared.RUNS}"
_AT_ONCE = 64
_GONE = (10043, 10057, 10037)


async def delete(connection: Connection, sequences: Sequence[int]) -> None:
    """Delete these, in order of chunks; those already gone are no error."""
    for start in range(0, len(sequences), _AT_ONCE):
        chunk = sequences[start : start + _AT_ONCE]
        await asyncio.gather(*(_delete_one(connection, sequence) for sequence in chunk))


async def _delete_one(connection: Connection, sequence: int) -> None:
    answer = await connection.request(_DELETE, {"seq": sequence, "no_erase": True})
    error = answer.get("error")
    if error is not None and error.get("err_code") not in _GONE:
        raise NatsUnavailable(f"NATS did not delete {sequence}: {error.get('description')}")
