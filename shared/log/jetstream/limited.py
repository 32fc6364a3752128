"""The queues of limited workspaces in the bucket QUEUES: one entry, the names of all.

Read without a consumer, by Direct Get. Source: NATS ADR-8 (KV), ADR-31 (Direct Get).
"""

from __future__ import annotations

import json

from nats.errors import Error as NatsError

from shared.errors import Corrupt
from shared.log import declared
from shared.log.jetstream.connection import Connection, NatsUnavailable
from shared.log.jetstream.publisher import Publisher
from shared.log.queues import LIMITED_QUEUES
from shared.log.subjects import WAKE_PROVISIONER

SERVED = f"$KV.{declared.QUEUES}.served"
"""Where the names are stored, as a JSON list."""

_GET = f"$JS.API.DIRECT.GET.{declared.STREAM_OF[declared.QUEUES]}"
_ASKED = json.dumps({"last_by_subj": SERVED}).encode()
_TRIES = 2
_SILENCE_SECONDS = 1.0


class LimitedQueues:
    """See `shared.log.limited`."""

    def __init__(self, connection: Connection, publisher: Publisher) -> None:
        self._connection = connection
        self._publisher = publisher

    async def served(self) -> tuple[str, ...]:
        return await served(self._connection)

    def wake(self) -> None:
        self._publisher.tell(WAKE_PROVISIONER)


async def served(connection: Connection) -> tuple[str, ...]:
    """The names that stand there; none where nobody wrote any. Raises: Corrupt, Unavailable."""
    for _ in range(_TRIES):
        try:
            answer = await connection.client.request(_GET, _ASKED, timeout=_SILENCE_SECONDS)
        except (NatsError, OSError, TimeoutError):
            continue
        # What is not there is answered by a status, without a place in the stream.
        return _names(answer.data) if "Nats-Sequence" in (answer.headers or {}) else ()
    raise NatsUnavailable(f"NATS did not answer for {declared.QUEUES}: ask again")


def _names(data: bytes) -> tuple[str, ...]:
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise Corrupt(f"expected a list of queues on {SERVED}, found {data[:200]!r}")
    # A newer version may have more of them than this one has rights for.
    return tuple(name for name in LIMITED_QUEUES if name in found)
