"""What every stream and bucket may hold, on a real server: new, grown, or too small."""

import dataclasses
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from shared.errors import Rejected
from shared.log import connect, declared
from shared.log.bounds import UNBOUNDED, Bounds, StoreFull
from shared.log.jetstream.connection import connection
from shared.log.opening import bounds_of
from shared.log.provision import Provisioned, provision
from shared.runtime.settings import load
from tests.architecture.source import ROOT
from tests.servers import NatsServer, own_folder

MIB = 1 << 20
SMALL = Bounds(
    runs=8 * MIB, timers=MIB, blobs=4 * MIB, flows=MIB, idempotency=MIB, credentials=MIB, queues=MIB
)
UNITS = {"GB": 1 << 30}  # as nats-server reads them


@pytest.fixture
def small_nats() -> Iterator[NatsServer]:
    """A server that offers 16 MiB, just what `SMALL` asks for."""
    with own_folder() as folder:
        server = NatsServer(folder)
        server.embedded = dataclasses.replace(server.embedded, max_store_bytes=SMALL.together)
        server.start()
        yield server
        server.stop()


async def provisioned(url: str, bounds: Bounds) -> Provisioned:
    """The log as `migrate` makes it."""
    return await provision(url, partitions=1, pools=("default", "local"), bounds=bounds)


async def limits(url: str) -> dict[str, Any]:
    """The limit of every stream there is, ours or not."""
    async with connection(url, "migrate") as opened:
        answer = await opened.request("$JS.API.STREAM.LIST", {})
        return {each["config"]["name"]: each["config"]["max_bytes"] for each in answer["streams"]}


def named(bounds: Bounds) -> dict[str, int]:
    """The bounds by the streams that keep the stores."""
    return {declared.STREAM_OF[store]: bound for store, bound in bounds.by_store().items()}


async def test_every_stream_and_bucket_is_given_its_bound(nats_url: str) -> None:
    made = await provisioned(nats_url, SMALL)
    assert await limits(nats_url) == named(SMALL)
    assert made.grown == {}


async def test_an_installation_without_bounds_is_given_them_and_loses_nothing(
    nats_url: str,
) -> None:
    await provisioned(nats_url, UNBOUNDED)
    async with connect(nats_url, name="test") as log:
        body = bytes(3 * MIB)
        names = [await log.put_blob("acme", "run", bytes([n]) + body) for n in range(2)]
        made = await provisioned(nats_url, SMALL)
        assert set(made.grown) == {declared.BLOBS}
        found = await limits(nats_url)
        assert found.pop("OBJ_BLOBS") == made.grown[declared.BLOBS] > 6 * MIB
        assert found.items() <= named(SMALL).items()
        assert [await log.get_blob("acme", "run", name) for name in names] == [
            bytes([n]) + body for n in range(2)
        ]
        await log.delete_blobs("acme", "run", names)
    assert (await provisioned(nats_url, SMALL)).grown == {}
    assert await limits(nats_url) == named(SMALL)


async def test_a_server_that_offers_less_refuses_and_says_what_to_do(
    small_nats: NatsServer,
) -> None:
    await provisioned(small_nats.url, SMALL)
    with pytest.raises(Rejected, match="raise max_file_store, or lower PENSTOCK_MAX_") as refused:
        await provisioned(small_nats.url, dataclasses.replace(SMALL, blobs=64 * MIB))
    assert refused.value.code == "store_too_small"
    assert await limits(small_nats.url) == named(SMALL)


def test_the_bounds_fit_the_server_of_a_deployment() -> None:
    configuration = (ROOT / "deploy" / "nats.conf").read_text()
    found = re.search(r"^  max_file_store: (\d+)(GB)", configuration, re.MULTILINE)
    assert found is not None
    assert bounds_of(load("migrate", {})).together <= int(found[1]) * UNITS[found[2]]


async def test_what_a_full_store_holds_can_be_deleted(nats_url: str) -> None:
    await provisioned(nats_url, SMALL)
    async with connect(nats_url, name="test") as log:
        names: list[str] = []
        for size in (MIB, 1 << 10, 1):
            with suppress(StoreFull):
                while True:
                    body = len(names).to_bytes(4, "big") + bytes(size)
                    names.append(await log.put_blob("acme", "run", body))
        await log.delete_blobs("acme", "run", names)
        assert [await log.get_blob("acme", "run", name) for name in names] == [None] * len(names)
        await log.put_blob("acme", "run", bytes(MIB))
