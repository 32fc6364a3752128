"""Claims: the first value kept under a key stands for a day.

Source: NATS ADR-8 (KV): an entry is the last message on `$KV.{bucket}.{key}`.
"""

from __future__ import annotations

import base64
from hashlib import sha256

from shared.log import declared
from shared.log.jetstream.connection import Connection, NatsUnavailable
from shared.log.jetstream.lean import header_of
from shared.log.jetstream.publisher import Publisher
from shared.log.port import Appended

_READ = f"$JS.API.STREAM.MSG.GET.KV_{declared.IDEMPOTENCY}"
_ONCE = header_of({"Nats-Expected-Last-Subject-Sequence": "0"})


async def claim(
    connection: Connection, publisher: Publisher, workspace: str, key: str, value: bytes
) -> bytes:
    """The value that stands under the key: this one, or the one kept before."""
    subject = f"$KV.{declared.IDEMPOTENCY}.{workspace}.{sha256(key.encode()).hexdigest()}"
    if isinstance(await publisher.append(subject, value, _ONCE, "claim"), Appended):
        return value
    answer = await connection.request(_READ, {"last_by_subj": subject})
    if "message" not in answer:
        raise NatsUnavailable(f"a claim has just run out: {answer['error']}; ask again")
    return base64.b64decode(answer["message"].get("data", ""))
