"""A new leader of the log is a disturbance: what the old one stored last, it may have told nobody.

A leader republishes what it has stored. One that dies in between leaves facts that the others have,
and that nobody hears. The new one says that it leads before it stores anything, on the way that all
it republishes takes: so the gap stands before its first fact, and readers read on from where they
were.

Source: NATS, JetStream advisories (`stream_leader_elected`); stream info, `cluster.leader`.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from shared.log import declared
from shared.log.jetstream.connection import Connection
from shared.log.jetstream.hearing import Message, hear

CHANGED = "another leader"


class Leaders:
    """Who leads RUNS, as far as this connection has heard."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._leader = ""
        self._is_heard = False
        self._one_subscribes = asyncio.Lock()

    async def hear(self) -> None:
        """Hear of every change from now on; for those who are told facts live."""
        async with self._one_subscribes:
            if not self._is_heard:
                client = self._connection.client
                await hear(client, declared.LEADER_ELECTED, self._on_elected)
                self._is_heard = True

    def told(self, info: dict[str, Any]) -> None:
        """The stream's description, whoever asked for it: it names the leader."""
        leader = (info.get("cluster") or {}).get("leader") or self._leader
        if self._leader and leader != self._leader:
            self._connection.disturb(CHANGED)
        self._leader = leader

    def _on_elected(self, message: Message) -> None:
        # The same one again is a change too: in between nobody led.
        self._leader = str(json.loads(message.data)["leader"])
        self._connection.disturb(CHANGED)
