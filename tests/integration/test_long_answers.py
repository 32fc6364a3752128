"""Reads of more than a server answers at once: read on to their end, whatever they are asked by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.log import connect
from shared.log.jetstream.connection import Connection, connection
from shared.log.jetstream.lean import header_of
from shared.log.jetstream.publisher import Publisher
from shared.log.port import Log
from shared.log.provision import provision
from shared.log.subjects import Address
from tests.servers import NatsServer

FACTS, LARGE = 1_001, b'{"text":"' + 100_000 * b"x" + b'"}'
AT_ONCE = 77
RUN = Address(0, "acme", "a-run-of-100-megabytes")


async def _write(opened: Connection) -> None:
    publisher = Publisher(opened)
    await publisher.start()
    header = header_of({"Nats-Expected-Last-Subject-Sequence": "0"})
    rests = ["requested", *(f"step.{n}.1.finished" for n in range(1, FACTS))]
    for begin in range(0, FACTS, AT_ONCE):
        some = rests[begin : begin + AT_ONCE]
        await asyncio.gather(*(publisher.append(RUN.subject(r), LARGE, header) for r in some))
    await publisher.stop()


@pytest.fixture
async def log(own_nats_server: NatsServer) -> AsyncIterator[Log]:
    await provision(own_nats_server.url, partitions=1, pools=("default",))
    async with (
        connection(own_nats_server.url, "writer") as opened,
        connect(own_nats_server.url, name="test") as reader,
    ):
        await _write(opened)
        yield reader


async def test_a_history_of_100_megabytes_is_read_whole(log: Log) -> None:
    history = await log.history(RUN.workspace, RUN.run)
    assert len(history.entries) == FACTS
    assert {len(entry.data) for entry in history.entries} == {len(LARGE)}
    assert [entry.sequence for entry in history.entries] == [*range(1, FACTS + 1)]
    assert history.up_to == FACTS
    chosen = await log.select(RUN, ["step.*.1.finished"], at_least=FACTS)
    assert len(chosen.entries) == FACTS - 1
    entries = await log.read_on(RUN.workspace, RUN.run, after=0, limit=FACTS + 1)
    assert len(entries) == FACTS
