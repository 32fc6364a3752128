"""The bytes of an object, read by batched Direct Get.

nats-py reads them through a consumer of its own making. Whoever may create consumers may have
anything stored be delivered to any subject; reading must not take such a right.

Source: NATS ADR-20 (object store), ADR-31 (Direct Get, batched).
"""

from __future__ import annotations

import asyncio
import json

from nats.js.api import ObjectInfo

from shared.log.jetstream.connection import Connection
from shared.log.jetstream.hearing import Message, hear

_BATCH = 32  # of 128 KiB: 4 MiB under way
_AT_ONCE_BYTES = 1 << 20


async def body_of(connection: Connection, info: ObjectInfo) -> bytes:
    """What is stored of the object now: less than `info.size` where chunks are missing.

    Waits for ever for a server that does not answer.
    """
    subject = f"$O.{info.bucket}.C.{info.nuid}"
    parts: list[bytes] = []
    size = after = 0
    while size < (info.size or 0):
        batch = await _batch(connection, str(info.bucket), subject, after)
        if not batch:
            break
        for message in batch:
            parts.append(message.data)
            size += len(message.data)
        after = int(batch[-1].headers["Nats-Sequence"])
    # Beside the loop: 64 MiB are not copied in a moment.
    return await asyncio.to_thread(b"".join, parts) if size > _AT_ONCE_BYTES else b"".join(parts)


async def _batch(connection: Connection, bucket: str, subject: str, after: int) -> list[Message]:
    client = connection.client
    found: list[Message] = []
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_message(message: Message) -> None:
        if not message.status:
            found.append(message)
        elif not done.done():
            done.set_result(None)

    inbox = client.new_inbox()
    subscription = await hear(client, inbox, on_message)
    try:
        request = {"next_by_subj": subject, "seq": after + 1, "batch": _BATCH}
        payload = json.dumps(request).encode()
        await client.publish(f"$JS.API.DIRECT.GET.OBJ_{bucket}", payload, inbox)
        await done
    finally:
        if not client.is_closed:
            await subscription.unsubscribe()
    return found
