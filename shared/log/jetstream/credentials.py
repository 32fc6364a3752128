"""The bucket CREDENTIALS: one sealed value a name, read without a consumer.

Source: NATS ADR-8 (KV): an entry is the last message on `$KV.{bucket}.{key}`; ADR-31 (Direct Get).
"""

from __future__ import annotations

import base64
import json

from nats.errors import Error as NatsError

from shared.credentials.names import CredentialName
from shared.credentials.published import Published
from shared.log import declared
from shared.log.bounds import StoreFull
from shared.log.credentials import DELETED_SECONDS
from shared.log.jetstream.connection import Connection, NatsUnavailable
from shared.log.jetstream.lean import header_of
from shared.log.jetstream.publisher import LogFull, Publisher
from shared.log.port import Appended

_STREAM = declared.STREAM_OF[declared.CREDENTIALS]
_GET = f"$JS.API.DIRECT.GET.{_STREAM}"
_LEADER = f"$JS.API.STREAM.MSG.GET.{_STREAM}"
_NO_MESSAGE = 10037
_TRIES = 5
# A node that is frozen takes questions and answers none: another is asked.
_SILENCE_SECONDS = 1.0


class Credentials:
    """See `shared.log.credentials`."""

    def __init__(self, connection: Connection, publisher: Publisher) -> None:
        self._connection = connection
        self._publisher = publisher

    async def read(self, name: CredentialName) -> Published | None:
        asked = json.dumps({"last_by_subj": _subject(name)}).encode()
        for _ in range(_TRIES):
            try:
                answer = await self._connection.client.request(
                    _GET, asked, timeout=_SILENCE_SECONDS
                )
            except (NatsError, OSError, TimeoutError):
                continue
            # What is not there is answered by a status, without a place in the stream.
            is_there = "Nats-Sequence" in (answer.headers or {})
            return Published.of_bytes(answer.data) if is_there else None
        raise NatsUnavailable(f"NATS did not answer for {declared.CREDENTIALS}: ask again")

    async def latest(self, name: CredentialName) -> Published | None:
        return (await self._latest(name))[1]

    async def publish(self, name: CredentialName, value: Published) -> Published:
        for _ in range(_TRIES):
            sequence, there = await self._latest(name)
            if there is not None and there.revision >= value.revision:
                return there
            lines = {"Nats-Expected-Last-Subject-Sequence": str(sequence)}
            if value.sealed is None:
                lines["Nats-TTL"] = str(DELETED_SECONDS)
            if await self._is_stored(_subject(name), value.to_bytes(), header_of(lines)):
                return value
        raise NatsUnavailable(f"others write {name.whole} again and again: ask again")

    async def _is_stored(self, subject: str, data: bytes, header: bytes) -> bool:
        try:
            answer = await self._publisher.append(subject, data, header, "claim")
        except LogFull as error:
            raise StoreFull(f"the store {declared.CREDENTIALS} has no room ({error})") from error
        return isinstance(answer, Appended)

    async def _latest(self, name: CredentialName) -> tuple[int, Published | None]:
        """Its place in the stream, 0 if it has none, and what it is."""
        answer = await self._connection.request(_LEADER, {"last_by_subj": _subject(name)})
        if "message" in answer:
            found = answer["message"]
            return int(found["seq"]), Published.of_bytes(base64.b64decode(found.get("data", "")))
        if answer["error"].get("err_code") == _NO_MESSAGE:
            return 0, None
        raise NatsUnavailable(f"NATS refused a read of {_STREAM}: {answer['error']}")


def _subject(name: CredentialName) -> str:
    return f"$KV.{declared.CREDENTIALS}.{'.'.join(name)}"
